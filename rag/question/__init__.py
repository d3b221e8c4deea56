"""What somebody asks: the checked question, what it asks for, and which period or sides it names."""
