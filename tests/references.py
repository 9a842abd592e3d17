"""Numbers that nobody here computed: published counts, the paper's tables, the original walkthrough."""

from __future__ import annotations

# torchvision's weights, `meta["num_params"]` and `meta["_ops"]` (GMACs, three decimals)
TORCHVISION = {
    "resnet18": (11_689_512, 1.814),
    "resnet34": (21_797_672, 3.664),
    "resnet50": (25_557_032, 4.089),
    "resnet101": (44_549_160, 7.801),
    "resnet152": (60_192_808, 11.514),
    "wide_resnet50_2": (68_883_240, 11.398),
    "wide_resnet101_2": (126_886_696, 22.753),
    "resnext50_32x4d": (25_028_904, 4.23),
    "resnext101_32x8d": (88_791_336, 16.414),
    "resnext101_64x4d": (83_455_272, 15.46),
}

# He et al. 2015, table 1, in units of 10^9 multiply-adds: stride on the first 1×1 of a bottleneck
PAPER_GMACS = {"resnet50": 3.8, "resnet101": 7.6, "resnet152": 11.3, "plain34": 3.6, "plain18": 1.8}

# He et al. 2015, table 6, in units of 10^6 parameters
PAPER_CIFAR_MPARAMS = {
    "resnet20": 0.27,
    "resnet32": 0.46,
    "resnet44": 0.66,
    "resnet56": 0.85,
    "resnet110": 1.7,
}

# After stages 1 to 4, with the stride on the 3×3 (Araujo et al. 2019 for the last ones)
RECEPTIVE_FIELDS = {
    "resnet18": (43, 99, 211, 435),
    "resnet34": (59, 179, 547, 899),
    "resnet50": (35, 91, 267, 427),
}
LAST_FIELDS = {"resnet101": (971, 1027), "resnet152": (1451, 1507), "resnet50": (427, 483)}

# The document that this project grew from: what comes out after each of its nine steps, at 214 × 214
NINE_STEPS = (
    (64, 107, 107),
    (64, 107, 107),
    (64, 54, 54),
    (256, 54, 54),
    (512, 27, 27),
    (1024, 14, 14),
    (2048, 7, 7),
    (2048, 1, 1),
    (1000,),
)
