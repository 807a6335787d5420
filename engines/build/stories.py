# ruff: noqa: E501, SIM905 - sentences, in lists that can be read
"""Makes up short talks with questions on them, to train the reader: what somebody says of themselves, and who asks.

Each story is one thing that a person may tell: how it is said, with `{v}` for the part that answers, and how it may be
asked, with `{p}` for the person. Around it stand small talk and other things that the same people tell. What a question
asks of one person and another said has no answer: that is how the reader learns to mind who speaks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

PEOPLE = (
    "Agnes Boris Celine Dario Edith Felix Gloria Henrik Irene Jasper Kamila Lorenz Miriam Nadia Oscar Paula Quentin "
    "Renata Silas Thea Ulrich Vivian Walter Yvonne Zach Amina Brett Carmen Derek Elsa Franco Gwen Harvey Isla Joel"
).split()


class Story(NamedTuple):
    """A thing that may be told."""

    questions: tuple[str, ...]
    told: tuple[str, ...]
    values: tuple[str, ...]


def _story(questions: str, told: str, values: str) -> Story:
    return Story(tuple(questions.split(" | ")), tuple(told.split(" | ")), tuple(values.split(" | ")))


STORIES = (
    _story(
        "What is {p} learning to play? | Which instrument has {p} taken up?",
        "I finally started taking {v} lessons. | I've been practising the {v} every evening, my neighbours are patient. | Guess who bought a used {v}? Me!",
        "cello | banjo | trumpet | flute | harp | drums | accordion | bass guitar | clarinet",
    ),
    _story(
        "What is the name of {p}'s dog? | What is {p}'s new puppy called? | What did {p} call the dog?",
        "We named her {v}, after my grandmother's village. | The puppy is called {v} and he eats shoes. | My dog {v} woke me up at five.",
        "Biscuit | Rufus | Marble | Pepper | Olive | Bandit | Noodle | Captain | Juno",
    ),
    _story(
        "What did {p} bake for the party? | What did {p} make for the guests?",
        "I spent all morning making {v} for everybody. | I brought {v} and nothing was left. | My {v} turned out great this time, people loved it.",
        "a lemon tart | cinnamon rolls | a chocolate cake with raspberries | two trays of baklava | blueberry muffins | a huge cheesecake | garlic bread",
    ),
    _story(
        "Why did {p} quit the job? | Why did {p} leave the company? | What made {p} give up the job?",
        "I handed in my notice because {v}. | I couldn't go on there: {v}. | Honestly I left since {v}.",
        "my boss never listened | I want more time with my kids | the commute was killing me | they cut everybody's pay | I was working every weekend | I had stopped learning anything new",
    ),
    _story(
        "What does {p} do to relax? | How does {p} unwind after work? | What helps {p} with stress?",
        "When it all gets too much I go for {v}. | Nothing calms me down like {v}. | After a long day {v} is what keeps me sane.",
        "a long swim | gardening | a walk by the river | knitting and a podcast | yoga in the kitchen | painting with my headphones on | a hot bath | playing chess online",
    ),
    _story(
        "Where did {p} go on holiday? | Where did {p} spend the vacation? | Which place did {p} visit in summer?",
        "We just came back from two weeks in {v}. | I took the train to {v} and it was worth every hour. | Our trip to {v} was unforgettable!",
        "Slovenia | the Azores | northern Norway | a tiny village in Umbria | Kyoto | the Scottish Highlands | Croatia | Oaxaca | the Black Forest",
    ),
    _story(
        "How did {p} feel about the result? | How did {p} feel after the exam? | What was {p}'s reaction to the news?",
        "When I heard it I was {v}. | To be honest it left me {v}. | I felt {v} for days.",
        "so relieved | completely heartbroken | proud and a bit scared | over the moon | nervous but hopeful | really disappointed | grateful | angry and tired",
    ),
    _story(
        "What kind of car does {p} drive? | What vehicle did {p} buy?",
        "I went for {v} in the end. | We now drive {v} and I love it. | I traded the old one in for {v}.",
        "a small electric hatchback | a red pickup truck | a used station wagon | a camper van from the nineties | a silver convertible | a hybrid",
    ),
    _story(
        "What is {p} saving money for? | What does {p} want to buy? | What is {p} planning to get?",
        "Every month I put something aside for {v}. | I'm saving up for {v}. | One more year and I can afford {v}.",
        "a new roof | a trip around the world | a proper telescope | my daughter's school | a little house by the lake | a better camera | my own bakery",
    ),
    _story(
        "What does {p} collect? | What does {p} have a collection of?",
        "I have over two hundred {v} by now. | My shelves are full of {v}. | I've collected {v} since I was a kid.",
        "old postcards | vinyl records | sea shells | model trains | fountain pens | stamps from Asia | snow globes | first editions",
    ),
    _story(
        "Who taught {p} to cook? | Who inspired {p} to start cooking? | From whom did {p} learn it?",
        "I learned everything from {v}. | It was {v} who showed me how. | {v} got me into it when I was ten.",
        "my grandfather | my aunt Rosa | an old neighbour | my first boss | a chef from Lyon | my older sister | Mr. Haddad | my best friend Tom",
    ),
    _story(
        "What did {p} get as a present? | What gift did {p} receive? | What was {p} given for the birthday?",
        "They surprised me with {v}! | My friends gave me {v} for my birthday. | I unwrapped it and it was {v}.",
        "a handmade quilt | tickets to the opera | a bread machine | a watch that was my father's | a map of the stars | a pottery course | an old typewriter",
    ),
    _story(
        "What did {p} lose? | What can {p} not find? | What went missing from {p}'s bag?",
        "I can't find {v} anywhere. | I left {v} on the bus, I'm so stupid. | Somebody took {v} out of my bag.",
        "my passport | my wedding ring | the keys to the office | my favourite scarf | my phone | the concert tickets | my notebook with all the recipes",
    ),
    _story(
        "What is {p} allergic to? | What can't {p} eat? | Which food does {p} have to avoid?",
        "The doctor says I'm allergic to {v}. | I have to stay away from {v}, it makes me ill. | {v} and me, that doesn't go together: I swell up like a balloon.",
        "peanuts | shellfish | strawberries | gluten | cow's milk | walnuts | eggs | soy",
    ),
    _story(
        "What does {p} volunteer for? | Where does {p} help out at weekends? | Which organisation does {p} support?",
        "On Saturdays I help at {v}. | I've been volunteering for {v} since spring. | I signed up with {v}, it feels good to give something back.",
        "the food bank | an animal shelter | the local library | a home for old people | the fire brigade | a refugee centre | the river clean-up",
    ),
    _story(
        "What did {p} realise? | What did {p} learn from it? | What lesson did {p} take from the accident?",
        "It made me see that {v}. | What I took from it is that {v}. | Afterwards I understood that {v}.",
        "life is short | I have to ask for help | health comes first | it is fine to fail | people are kinder than they seem | I don't need much to be happy | slow is sometimes faster",
    ),
    _story(
        "What is {p}'s favourite book about? | What book is {p} reading? | Which book did {p} finish?",
        "I'm halfway through {v}. | I couldn't put {v} down. | I just finished {v}, it made me cry.",
        "a novel about lighthouse keepers | “The Salt Road” | a biography of Marie Curie | “Winter Orchard” | a thick book on octopuses | “Twelve Small Fires”",
    ),
    _story(
        "How many guests came to {p}'s party? | How many people did {p} invite? | How many came to {p}'s wedding?",
        "In the end {v} people came. | We were {v} at the table. | I invited {v} friends and all of them came.",
        "eleven | about forty | twenty-six | more than a hundred | seven | fifteen | 32",
    ),
    _story(
        "How long has {p} been married? | How long has {p} lived in the house? | For how long has {p} known them?",
        "It's been {v} now, can you believe it? | We've been here for {v}. | {v} already, time flies.",
        "six years | nearly a decade | eighteen months | three weeks | 25 years | half a year | four years",
    ),
    _story(
        "What is {p} studying? | What subject did {p} choose? | Which degree is {p} working on?",
        "I enrolled in {v} at last. | I'm going back to school for {v}. | My classes in {v} start in autumn.",
        "marine biology | social work | graphic design | nursing | law | computer science | early childhood education | theatre",
    ),
    _story(
        "What does {p} do for a living? | What is {p}'s profession? | What work does {p} do?",
        "I work as {v}. | I've been {v} for years. | They hired me as {v}!",
        "a paramedic | a translator | an electrician | a florist | a data analyst | a bus driver | a music teacher | an architect | a vet",
    ),
    _story(
        "What did {p} paint? | What is in {p}'s painting? | What did {p} draw for the exhibition?",
        "I just finished a painting of {v}. | This one shows {v}, I did it last night. | For the show I drew {v}.",
        "a stormy harbour | two foxes in the snow | my mother's hands | a field of poppies | an old bridge | the view from our attic",
    ),
    _story(
        "What did the doctor tell {p}? | What health problem does {p} have? | What was {p} diagnosed with?",
        "The doctor says it's {v}. | Turns out I have {v}. | They found {v}, so I have to take it easy.",
        "a slipped disc | high blood pressure | migraine | a torn ligament | low iron | asthma | a stomach ulcer",
    ),
    _story(
        "What does the tattoo mean to {p}? | What does the necklace stand for, according to {p}? | What does the tree symbolise for {p}?",
        "For me it stands for {v}. | It reminds me of {v}. | I see it as a sign of {v}.",
        "new beginnings | my grandparents | freedom and courage | the years at sea | patience | our family | strength",
    ),
    _story(
        "What is {p} planning for the weekend? | What will {p} do on Saturday? | What are {p}'s plans?",
        "This weekend I'm going to {v}. | The plan is to {v}. | I can't wait to {v} on Saturday!",
        "visit my cousins | paint the garage | go to a jazz festival | hike up to the hut | run a half marathon | clean out the attic | take the kids to the zoo",
    ),
    _story(
        "What sport does {p} do? | Which sport has {p} started? | What does {p} do to keep fit?",
        "I joined a club for {v}. | Three times a week I do {v}. | I never thought I'd love {v} so much.",
        "rowing | badminton | rock climbing | fencing | kickboxing | volleyball | cross-country skiing | water polo",
    ),
    _story(
        "What did {p} win? | What did {p} achieve? | Which prize did {p} get?",
        "I can't believe I won {v}! | They gave me {v}. | Guess what, I got {v}.",
        "first prize in the photo contest | a scholarship | the chess tournament | employee of the month | a silver medal | the regional spelling bee",
    ),
    _story(
        "What broke at {p}'s home? | What does {p} have to repair? | What went wrong in {p}'s kitchen?",
        "Yesterday {v} broke down. | {v} gave up and there was water everywhere. | I have to fix {v} before winter.",
        "the dishwasher | the heating | the garage door | our old fridge | the kitchen tap | the boiler",
    ),
    _story(
        "What does {p} think of the city? | How does {p} describe the neighbourhood? | What does {p} say about the place?",
        "It's {v}, I must say. | I find it {v}. | The place is {v}, that's what I like.",
        "loud but friendly | a quiet green corner | much too expensive | full of life | small and cosy | a bit rough",
    ),
    _story(
        "What did {p} cook for dinner? | What dish did {p} try? | What recipe did {p} make?",
        "Tonight I made {v}. | I tried a new recipe: {v}. | We had {v} and it was delicious.",
        "mushroom risotto | a lentil curry | roast chicken with figs | stuffed peppers | homemade ramen | grilled mackerel | vegetable lasagne",
    ),
    _story(
        "What game does {p} play? | What is {p} playing at the moment? | Which game is {p} hooked on?",
        "I'm completely hooked on {v}. | Last night I played {v} until two. | We meet every week for {v}.",
        "“Iron Harbour” | backgammon | a farming simulator | “Skyward Tales” | an old racing game | bridge | tabletop role playing",
    ),
    _story(
        "Who is {p} going with? | Who came along with {p}? | With whom did {p} travel?",
        "I'm going with {v}. | {v} came along, we laughed a lot. | I took {v} with me.",
        "my brother | two colleagues | my niece Clara | the whole choir | an old school friend | my parents | Sandra and Mike",
    ),
    _story(
        "What project is {p} working on? | What is {p} building? | What did {p} make in the workshop?",
        "I'm building {v} in the garage. | My current project is {v}. | At last I finished {v}.",
        "a wooden canoe | a weather station | an app for birdwatchers | a dolls' house | a documentary on bees | a solar oven",
    ),
    _story(
        "What is {p} afraid of? | What scares {p}? | What does {p} worry about?",
        "I've always been afraid of {v}. | What keeps me awake is {v}. | {v} scares me to death.",
        "flying | deep water | losing my job | spiders | public speaking | the operation | my son's exams",
    ),
    _story(
        "What advice did {p} give? | What does {p} recommend? | What did {p} suggest?",
        "If I were you I'd {v}. | My advice: {v}. | Why don't you {v}? It worked for me.",
        "write it all down | start with ten minutes a day | talk to a lawyer | take a week off | join a group | sleep on it first | ask your sister",
    ),
    _story(
        "What kind of music does {p} like? | Which band did {p} see? | Whose concert did {p} go to?",
        "I went to see {v} live, what a night! | These days I only listen to {v}. | {v} are on repeat here.",
        "The Paper Lanterns | Irish folk | old soul records | Velvet Tractor | baroque music | Nora Quist | heavy metal",
    ),
    _story(
        "What did {p} buy at the market? | What did {p} bring home? | What did {p} find at the flea market?",
        "I came home with {v}. | Look, I found {v} for five euros! | At the market I bought {v}.",
        "a brass lamp | three kilos of cherries | a box of old photographs | hand-painted bowls | a leather suitcase | fresh figs",
    ),
    _story(
        "What are {p}'s children crazy about? | What do {p}'s kids like? | What does {p}'s son love?",
        "My kids can't get enough of {v}. | My son is crazy about {v}. | The children love {v} more than anything.",
        "trains | dinosaurs and volcanoes | building tree houses | ponies | magic tricks | the swimming pool | outer space",
    ),
    _story(
        "How does {p} get to work? | What way of transport does {p} use?",
        "I go to work {v} now. | Since May I commute {v}. | I get there {v}, rain or shine.",
        "by bike | by ferry | on foot | on my scooter | by tram | with the night bus",
    ),
    _story(
        "What did {p} dream of becoming? | What was {p}'s childhood dream? | What did {p} want to be?",
        "As a child I wanted to be {v}. | I always dreamed of becoming {v}. | My big dream was to be {v}.",
        "an astronaut | a pilot | a circus acrobat | a marine explorer | a judge | a famous singer | a lighthouse keeper",
    ),
    _story(
        "What happened to {p}'s bike? | What happened to {p} on the way home? | What happened at {p}'s work?",
        "You won't believe it, {v}. | On Monday {v}. | Bad luck: {v}.",
        "somebody stole my bike | I got stuck in the lift | our server room was flooded | a deer ran into my car | I fell down the stairs | the whole office lost power",
    ),
    _story(
        "What is special about {p}'s garden? | What does {p} grow? | What did {p} plant?",
        "This year I planted {v}. | My garden is full of {v}. | The {v} are finally coming up.",
        "sunflowers | tomatoes and basil | pumpkins | lavender | climbing beans | six apple trees | wild roses",
    ),
    _story(
        "What language is {p} learning? | Which language does {p} speak at home?",
        "I've been learning {v} for a year. | We speak {v} at home. | My {v} is getting better, slowly.",
        "Portuguese | Finnish | sign language | Mandarin | Arabic | Welsh | Hungarian",
    ),
    _story(
        "How much did {p} pay for it? | What did {p} spend on the ticket? | How much does {p} earn?",
        "I paid {v} for it. | It cost me {v}, but still. | It's {v} and not a cent less.",
        "$40 | 120 euros | almost two thousand dollars | £15 | nine hundred francs | $3,500",
    ),
)

BEFORE = tuple(
    part.strip()
    for part in "Hey, good to hear from you! | Thanks for asking! | Oh, it's been a crazy week. | Hi! | That sounds great. | Wow, nice. | Yeah, totally. | I'm fine, thanks. | Haha, true. | Long time no see! | Oh no, I'm sorry. | Sure, why not. | Good question. | | | | | | ".split(
        "|"
    )
)
AFTER = tuple(
    part.strip()
    for part in "What about you? | How are things at your end? | It means a lot to me. | I'll send you a picture. | Anyway, take care! | I can tell you more when we meet. | Have you ever tried that? | Still can't believe it. | Let's talk soon. | It was a lot of work. | | | | | | ".split(
        "|"
    )
)


class Example(NamedTuple):
    """A question on a turn: who said it, what, and the answer's place in it (None: it has none)."""

    question: str
    speaker: str
    text: str
    answer: tuple[int, int] | None


def examples(count: int, seed: int) -> Iterator[Example]:
    """So many examples; of five, two have an answer, one asks another person, two ask for something else."""
    chance = random.Random(seed)
    for number in range(count):
        story, other = chance.sample(STORIES, 2)
        one, two = chance.sample(PEOPLE, 2)
        value = chance.choice(story.values)
        told = chance.choice(story.told)
        lead, behind = chance.choice(BEFORE), chance.choice(AFTER)
        extra = chance.choice(other.told).replace("{v}", chance.choice(other.values)) if chance.random() < 0.4 else ""
        first = chance.random() < 0.5
        head = " ".join(part for part in (lead, extra if first else "") if part)
        start, end = told.split("{v}")
        if not start:
            value = value[0].upper() + value[1:]
        place = len(head) + bool(head) + len(start)
        text = " ".join(part for part in (head, start + value + end, "" if first else extra, behind) if part)
        kind = number % 5
        asks = other if kind >= 3 and not extra else story
        if kind >= 3 and extra:
            asks = chance.choice([s for s in STORIES if s not in (story, other)])
        asked_of = two if kind == 2 else one
        question = chance.choice(asks.questions).replace("{p}", asked_of)
        answer = (place, place + len(value)) if kind < 2 else None
        yield Example(question, one, text, answer)
