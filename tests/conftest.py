"""What every test shares."""

import os

from hypothesis import settings

# Two workers share two cores with whatever else runs, so a slow example proves nothing.
settings.register_profile("desk", deadline=None)
if "CI" not in os.environ:  # there hypothesis loads its own profile: no deadline, no chance
    settings.load_profile("desk")
