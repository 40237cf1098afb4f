"""What can be seen from outside: the topics, the payment provider's statement, the mails and webhooks that arrived."""
