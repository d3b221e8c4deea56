"""Web addresses → bytes, and those bytes → documents. The only part of the index that reaches the network.

Nothing here runs unless somebody names an address: no document, feed or setting can start a request by itself.
"""
