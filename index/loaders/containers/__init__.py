"""Files that hold other files: zip archives, and e-mails with their attachments."""
