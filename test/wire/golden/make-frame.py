#!/usr/bin/python3
"""Writes frame-python.bin and frame-python-size-prefixed.bin with Python's own FlatBuffers library (python3-flatbuffers).

The builder calls are written by hand against src/wire/signal.fbs, as `flatc --python` would generate them: the proof that a
frame of another language's library is accepted. Run it again only when the schema has grown.
"""
import pathlib
import flatbuffers

HERE = pathlib.Path(__file__).parent
KIND_HEDGE = 4
DIRECTION_LONG = 1
NAN = float("nan")


def build(size_prefixed):
    b = flatbuffers.Builder(64)
    signal_id = b.CreateString("py-2024-08-08-000042")
    model = b.CreateString("funding-llm")
    model_version = b.CreateString("2024.08")
    asset = b.CreateString("BTC/USDT:USDT")
    source_context = b.CreateString("funding flips négatif ↯")
    b.StartObject(14)
    b.PrependUOffsetTRelativeSlot(0, signal_id, 0)
    b.PrependUOffsetTRelativeSlot(1, model, 0)
    b.PrependUOffsetTRelativeSlot(2, model_version, 0)
    b.PrependUint8Slot(3, KIND_HEDGE, 0)
    b.PrependUint8Slot(4, DIRECTION_LONG, 0)
    b.PrependUOffsetTRelativeSlot(5, asset, 0)
    b.PrependFloat64Slot(6, 0.82, NAN)
    # Slot 7, strength, is left out: the confidence stands in for it.
    b.PrependUint64Slot(8, 4 * 3600 * 1000, 0)
    b.PrependInt64Slot(9, 1723161255123, 0)
    b.PrependFloat64Slot(11, 0.25, NAN)
    b.PrependUint64Slot(12, 42, 0)
    b.PrependUOffsetTRelativeSlot(13, source_context, 0)
    root = b.EndObject()
    if size_prefixed:
        b.FinishSizePrefixed(root, file_identifier=b"OTRG")
    else:
        b.Finish(root, file_identifier=b"OTRG")
    return bytes(b.Output())


(HERE / "frame-python.bin").write_bytes(build(False))
(HERE / "frame-python-size-prefixed.bin").write_bytes(build(True))
