"""News pages: the roles of their paragraphs, bylines, datelines, titles and related headlines."""
