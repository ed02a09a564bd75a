"""Rules that many tests share."""
BLOCK = """
[[rule]]
name = "no ads"
host = [".blocked.example"]
action = "block"
"""
RESET = BLOCK.replace('"block"', '"reset"')
