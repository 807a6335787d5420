"""For every chat service, records with everything in them that its reader looks at."""

FULL = {
    "telegram": [
        {
            "name": "C",
            "type": "private_group",
            "id": 5,
            "messages": [
                {
                    "id": 1,
                    "type": "message",
                    "date": "2024-05-10T10:31:15",
                    "date_unixtime": "1715326275",
                    "from": "A",
                    "from_id": "user1",
                    "text": [{"type": "text_link", "text": "x", "href": "y"}],
                    "reactions": [{"emoji": "x", "count": 1}],
                    "poll": {"question": "q", "answers": [{"text": "a"}]},
                    "text_entities": [{"type": "plain", "text": "x"}],
                }
            ],
        },
        {
            "ok": True,
            "result": [
                {
                    "update_id": 1,
                    "message": {
                        "message_id": 1,
                        "date": 1467289325,
                        "text": "x",
                        "from": {"id": 8, "first_name": "S"},
                        "chat": {"id": -1, "title": "T"},
                        "reply_to_message": {"message_id": 2},
                        "entities": [{"type": "text_link", "url": "u"}],
                        "document": {"file_name": "f"},
                    },
                }
            ],
        },
    ],
    "slack": [
        [
            {
                "type": "message",
                "user": "U1",
                "text": "",
                "ts": "1709280000.000100",
                "thread_ts": "1709280000.000100",
                "edited": {"user": "U1", "ts": "1709280000.000000"},
                "files": [{"title": "t"}],
                "user_profile": {"name": "n"},
                "reactions": [{"name": "x", "count": 1}],
                "bot_profile": {"id": "B", "name": "n"},
                "bot_id": "B",
                "attachments": [
                    {"text": "t", "pretext": "p", "fields": [{"title": "a", "value": "b"}], "from_url": "u"}
                ],
                "blocks": [
                    {"type": "rich_text", "elements": [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}}]}
                ],
            },
            {
                "type": "message",
                "subtype": "file_comment",
                "comment": {"comment": "c", "user": "U1"},
                "ts": "1709280000.000100",
            },
        ]
    ],
    "discord": [
        {
            "guild": {"id": "1", "name": "G"},
            "channel": {"id": "2", "name": "c"},
            "messages": [
                {
                    "id": "1",
                    "type": "Reply",
                    "timestamp": "2023-01-06T16:11:26.414+00:00",
                    "timestampEdited": "x",
                    "content": "x",
                    "author": {"id": "1", "name": "a", "nickname": "A", "isBot": True},
                    "attachments": [{"fileName": "f"}],
                    "embeds": [{"title": "t", "author": {"name": "n"}, "fields": [{"name": "n", "value": "v"}]}],
                    "stickers": [{"name": "s"}],
                    "reactions": [{"emoji": {"name": "e"}, "count": 1}],
                    "reference": {"messageId": "1"},
                    "forwardedMessage": {"content": "x", "attachments": []},
                }
            ],
        },
        [{"ID": 1060953753550860429, "Timestamp": "2023-01-06 16:11:26", "Contents": "x", "Attachments": "u"}],
    ],
    "messenger": [
        {
            "participants": [{"name": "A"}],
            "messages": [
                {
                    "sender_name": "A",
                    "timestamp_ms": 1700000000000,
                    "content": "x",
                    "type": "Share",
                    "share": {"link": "l"},
                    "photos": [{"uri": "u"}],
                    "reactions": [{"reaction": "r", "actor": "a"}],
                }
            ],
            "title": "t",
            "thread_path": "inbox/a_1",
        }
    ],
    "google-chat": [
        {
            "messages": [
                {
                    "creator": {"name": "A", "email": "e", "user_type": "Human"},
                    "text": "x",
                    "created_date": "Tuesday, January 2, 2024 at 10:15:00 AM UTC",
                    "topic_id": "t",
                    "message_id": "m/n",
                    "attached_files": [{"original_name": "f"}],
                    "annotations": [{"url_metadata": {"url": {"u": "v"}}}],
                    "quoted_message_metadata": {"message_id": "m"},
                    "reactions": [{"emoji": {"unicode": "e"}, "reactor_emails": ["a"]}],
                }
            ]
        }
    ],
    "signal": [
        {
            "chatItem": {
                "chatId": "1",
                "authorId": "1",
                "dateSent": "1700000000000",
                "standardMessage": {
                    "text": {"body": "x"},
                    "quote": {"targetSentTimestamp": "1"},
                    "attachments": [{"pointer": {"fileName": "f"}}],
                    "linkPreview": [{"url": "u"}],
                    "reactions": [{"emoji": "e", "authorId": "1"}],
                },
                "revisions": [{}],
            }
        },
        {"chatItem": {"chatId": "1", "poll": {"question": "q", "options": [{"option": "o"}]}, "dateSent": "1"}},
        {"recipient": {"id": "1", "contact": {"nickname": {"given": "g"}, "e164": "1"}}},
        {"recipient": {"id": "1", "group": {"snapshot": {"title": {"title": "t"}}, "masterKey": "k"}}},
    ],
    "sigtop": [
        [
            {
                "id": "m",
                "conversationId": "c1",
                "type": "incoming",
                "sent_at": 1700000000000,
                "source": "+1",
                "sourceServiceId": "a",
                "body": "x",
                "attachments": [{"fileName": "f"}],
                "quote": {"id": 5},
                "reactions": [{"emoji": "e"}],
                "editHistory": [{}],
            }
        ]
    ],
    "signal-export": [
        {
            "date": "2023-06-01T12:24:00",
            "sender": "A",
            "body": "b",
            "quote": "> q",
            "sticker": {"emoji": "e"},
            "reactions": [["A", "e"]],
            "attachments": [{"name": "n", "path": "p"}],
        }
    ],
}
