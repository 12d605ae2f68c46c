"""Prints the mean temperature of each city, and how far apart they are."""

from pathlib import Path

import numpy as np
import pandas as pd

frame = pd.read_csv(Path(__file__).with_name("temperatures.csv"))
means = frame.groupby("city")["degrees"].mean()
for city, degrees in means.items():
    print(f"{city}: {float(degrees):.1f}")
print(f"spread: {float(np.ptp(list(means))):.1f}")
