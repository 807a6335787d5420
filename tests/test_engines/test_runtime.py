import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from engines import runtime
from engines.errors import EngineFailed, EngineUnavailable, ModelCorrupt, ModelMissing
from engines.runtime import CpuInstead, Session


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


@pytest.fixture
def cuda_build(monkeypatch):
    """A build with CUDA, on a machine where a test says whether there is a card."""
    ort = runtime._onnxruntime()
    monkeypatch.setattr(ort, "get_available_providers", lambda: [runtime.CUDA, runtime.CPU])
    monkeypatch.setattr(ort, "preload_dlls", lambda: print("noise"), raising=False)

    def card(there):
        monkeypatch.setattr(runtime, "nvidia_device_present", lambda: there)
        return ort

    return card


def test_cuda_is_asked_for_only_where_a_device_is(cuda_build, capfd):
    cuda_build(False)
    assert runtime._providers("auto") == ([runtime.CPU], "")
    cuda_build(True)
    assert runtime._providers("auto") == runtime._providers("on") == ([runtime.CUDA, runtime.CPU], "")
    assert runtime._providers("off") == ([runtime.CPU], "")
    assert capfd.readouterr() == ("", "")


def test_a_demanded_gpu_is_never_replaced_by_the_cpu(cuda_build, adder, monkeypatch, capfd):
    cuda_build(False)
    with pytest.raises(EngineUnavailable, match="no NVIDIA device"):
        Session(adder, gpu="on")
    ort = cuda_build(True)

    def broken():
        raise OSError("libcudnn.so.9")

    monkeypatch.setattr(ort, "preload_dlls", broken)
    with pytest.raises(EngineUnavailable, match="libcudnn"):
        Session(adder, gpu="on")
    with pytest.warns(CpuInstead, match=r"adder\.onnx: CUDA's libraries cannot be loaded: libcudnn"):
        assert Session(adder, gpu="auto").device == "cpu"
    monkeypatch.setattr(ort, "get_available_providers", lambda: [runtime.CPU])
    with pytest.warns(CpuInstead, match="without CUDA"):
        assert Session(adder, gpu="auto").device == "cpu"
    assert runtime.onnx_build()["lacks"] == "this build of ONNX Runtime is without CUDA"
    assert capfd.readouterr() == ("", "")


def test_a_gpu_that_turns_out_not_to_work_is_not_a_demanded_one(cuda_build, adder, capfd):
    """ONNX Runtime falls back by itself where its CUDA provider cannot be loaded, as here."""
    if runtime.nvidia_device_present():
        pytest.skip("a card is here, and may work")
    cuda_build(True)
    with pytest.raises(EngineUnavailable, match="cannot use the GPU"):
        Session(adder, gpu="on")
    with pytest.warns(CpuInstead, match="cannot use the GPU"):
        session = Session(adder, gpu="auto")
    assert session.run({"x": np.array([[1, 2]])}).tolist() == [[2, 4]]
    assert capfd.readouterr().out == ""


def test_allowing_a_gpu_prints_nothing(adder, capfd):
    assert Session(adder, gpu="auto").run({"x": np.array([[1, 2]])}).tolist() == [[2, 4]]
    assert capfd.readouterr() == ("", "")


def test_without_a_card_nobody_is_warned(cuda_build, adder, recwarn):
    cuda_build(False)
    Session(adder, gpu="auto")
    assert not recwarn.list
