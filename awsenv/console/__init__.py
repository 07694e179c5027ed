"""The AWS console in a browser.

May import doctor, listing, rotation, serving, fast and what is below.
"""
