"""The security AI assistant: conversations, prompts, anonymisation, and the knowledge base."""
