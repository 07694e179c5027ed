"""Every profile at a glance, for `awsenv list` and the picker.

May import doctor, rotation, console, serving, fast and what is below.
"""
