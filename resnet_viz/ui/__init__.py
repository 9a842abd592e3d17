"""The only package that knows streamlit."""

import os

# OpenMP reads it as torch is imported, so it stands before all that does. Threads that wait for each other
# would else keep the cores busy that a browser, other processes or other students need: with a load of
# twelve on two cores a block of ResNet-18 took 5 to 50 ms instead of 30 to 1,000.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
