"""The chat widget and its forms: what a shop embeds in its page, and where its visitors' browsers come in."""
