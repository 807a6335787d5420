import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from engines import runtime
from engines.errors import EngineFailed, ModelCorrupt, ModelMissing
from engines.runtime import Session


@pytest.fixture
def adder(tmp_path):
    """x + x, for x of two columns."""
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "adder",
        [helper.make_tensor_value_info("x", TensorProto.INT64, ["rows", 2])],
        [helper.make_tensor_value_info("y", TensorProto.INT64, ["rows", 2])],
    )
    path = tmp_path / "adder.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def test_runs(adder):
    session = Session(adder, threads=1)
    assert session.inputs == ("x",)
    assert session.device == "cpu"
    assert session.run({"x": np.array([[1, 2]])}).tolist() == [[2, 4]]


def test_missing(tmp_path):
    with pytest.raises(ModelMissing):
        Session(tmp_path / "none.onnx")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x0a" * 50])
def test_corrupt(tmp_path, capfd, content):
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt, match=r"bad\.onnx"):
        Session(path)
    assert capfd.readouterr() == ("", "")


def test_a_failing_run_is_quiet_and_typed(adder, capfd):
    session = Session(adder)
    with pytest.raises(EngineFailed, match=r"adder\.onnx"):
        session.run({"x": np.zeros((1, 3), np.int64)})
    assert capfd.readouterr() == ("", "")


def test_cuda_is_asked_for_only_where_a_device_is(monkeypatch):
    ort = runtime._onnxruntime()
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(ort, "preload_dlls", lambda: None, raising=False)
    monkeypatch.setattr(runtime, "_has_nvidia_device", lambda: False)
    assert runtime._providers(gpu=True) == ["CPUExecutionProvider"]
    monkeypatch.setattr(runtime, "_has_nvidia_device", lambda: True)
    assert runtime._providers(gpu=True) == ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert runtime._providers(gpu=False) == ["CPUExecutionProvider"]


def test_allowing_a_gpu_prints_nothing(adder, capfd):
    assert Session(adder, gpu=True).run({"x": np.array([[1, 2]])}).tolist() == [[2, 4]]
    assert capfd.readouterr() == ("", "")
