"""What can go wrong through no fault of the code: every message is one sentence for the user."""


class ExplorerError(Exception):
    """A mistake or a missing thing that the user can act on; `str(error)` is shown as it stands."""


class ConfigError(ExplorerError):
    """The network that was asked for cannot be built."""


class DeviceError(ExplorerError):
    """The device that was asked for is not there."""


class WeightsError(ExplorerError):
    """The parameters that were asked for cannot be had, or do not fit the network."""


class ImageError(ExplorerError):
    """The file is no image that can be opened here."""


class BusyError(ImageError):
    """The file could not be looked at now, and may well be a good image."""


class PathError(ExplorerError):
    """The network has no layer of that name."""


class ClassError(ExplorerError):
    """The network has no class of that name or number."""


class MethodError(ExplorerError):
    """A method of attribution was asked for something that it cannot answer."""


class DatasetError(ExplorerError):
    """The data set that was asked for is not there, or is none that a network can be trained on."""


def reason(error: OSError) -> str:
    """Why the system refused a file or an address, to stand within a sentence: `no such file …`."""
    return (error.strerror or "unknown error").lower()
