"""Extraction in ONNX Runtime: the network of torch_networks.py, exported once into a temporary folder.

Usage: python onnx_side.py extract|model --threads N
"""
import argparse
import os
import tempfile
import time

BEGAN = time.time()

import onnxruntime  # noqa: E402
import torch  # noqa: E402

from sides import serve  # noqa: E402
from torch_networks import EXTRACTION_SHAPE, extraction_network, parameter_count  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('row', choices=['extract', 'model'])
    parser.add_argument('--threads', type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network = extraction_network()
    images = torch.rand(EXTRACTION_SHAPE)
    with torch.inference_mode():
        expected = network(images)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    # Idle threads that spin would take the processor from the other side.
    settings.add_session_config_entry('session.intra_op.force_spinning_stop', '1')
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'network.onnx')
        torch.onnx.export(network, (images,), path, input_names=['images'], output_names=['features'], opset_version=17, dynamo=False)
        session = onnxruntime.InferenceSession(path, settings, providers=['CPUExecutionProvider'])
    values = images.numpy()
    difference = abs(session.run(None, {'images': values})[0] - expected.numpy()).max()
    assert difference < 1e-2, f'ONNX Runtime and PyTorch differ by {difference}'
    facts = {'version': f'ONNX Runtime {onnxruntime.__version__}', 'threads': options.threads, 'parameters': parameter_count(network)}
    serve(lambda: session.run(None, {'images': values}), 3, BEGAN, **facts)


main()
