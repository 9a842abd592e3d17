import pytest
import torch

from resnet_viz.errors import DeviceError
from resnet_viz.model.devices import check_device, device_title, devices


def test_the_cpu_is_always_there_and_first():
    assert devices()[0] == "cpu"
    assert check_device("cpu") == "cpu"
    assert device_title("cpu") == "CPU"


@pytest.mark.parametrize("name", ["cuda:7", "tpu", "", "<img onerror=1>"])
def test_an_absent_device_is_a_sentence(name):
    with pytest.raises(DeviceError, match="not available on this machine"):
        check_device(name)


def test_cuda_without_a_number_is_the_first_card(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices()[:3] == ("cpu", "cuda:0", "cuda:1")
    assert check_device("cuda") == "cuda:0"
