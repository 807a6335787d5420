"""What a memory is worth over time: forgetting, tiers, time expressions."""
