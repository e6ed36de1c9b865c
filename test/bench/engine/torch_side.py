"""One row of the engine's benchmark in PyTorch.

Usage: python torch_side.py ROW eager|channels-last|compile [--threads N] [--device cpu|cuda] [--precision fp32|tf32|amp] [--adam default|fused]

The input lies ready as normalised numbers where the network wants it: this side pays for no pictures, ours does.
"""
import argparse
import os
import time

BEGAN = time.time()
try:
    # When this process began, rather than when its interpreter came as far as this line.
    with open('/proc/self/stat') as stat, open('/proc/uptime') as uptime:
        started = int(stat.read().rsplit(')', 1)[1].split()[19]) / os.sysconf('SC_CLK_TCK')
        BEGAN -= float(uptime.read().split()[0]) - started
except OSError:
    pass

import torch  # noqa: E402
from torch import nn  # noqa: E402

from sides import serve  # noqa: E402
from torch_networks import EXTRACTION_SHAPE, TRAINING, extraction_network, parameter_count  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('row')
    parser.add_argument('way', choices=['eager', 'channels-last', 'compile'])
    parser.add_argument('--threads', type=int, required=True)
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
    parser.add_argument('--precision', choices=['fp32', 'tf32', 'amp'], default='fp32')
    parser.add_argument('--adam', choices=['default', 'fused'], default='default')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if options.device == 'cuda':
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = options.precision != 'fp32'
        torch.backends.cudnn.benchmark = True
    facts = {'version': f'PyTorch {torch.__version__}', 'threads': torch.get_num_threads(), 'parameters': 0}
    if options.row == 'dispatch':
        return serve(dispatch(options.device), 3, BEGAN, **facts)
    if options.row in ('extract', 'model'):
        network = extraction_network()
        facts['parameters'] = parameter_count(network)
        return serve(extraction(network, options), 3, BEGAN, **facts)
    make, shape, classes = TRAINING[options.row]
    network = make(classes)
    facts['parameters'] = parameter_count(network)
    serve(training(network, shape, classes, options), 3, BEGAN, **facts)


def placed(tensor_or_network, options, rank):
    """On the device, and in the order of its axes that this way uses."""
    moved = tensor_or_network.to(options.device)
    if options.way != 'channels-last':
        return moved
    return moved.to(memory_format=torch.channels_last_3d if rank == 5 else torch.channels_last)


def autocast(options):
    dtype = torch.float16 if options.device == 'cuda' else torch.bfloat16
    return torch.autocast(options.device, dtype=dtype, enabled=options.precision == 'amp')


def training(network, shape, classes, options):
    # A clip's frames become pictures inside the network, so its own input stays as it is.
    images_rank = 4 if options.row == 'clips' else len(shape)
    network = placed(network, options, images_rank)
    inputs = torch.rand(shape)
    if options.row == 'clips' and options.way == 'channels-last':
        inputs = inputs.flatten(0, 1).to(memory_format=torch.channels_last).unflatten(0, shape[:2]).to(options.device)
    else:
        inputs = placed(inputs, options, len(shape))
    labels = (torch.arange(shape[0]) % classes).to(options.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-4, weight_decay=5e-4, **({'fused': True} if options.adam == 'fused' else {}))
    scaler = torch.amp.GradScaler(options.device, enabled=options.precision == 'amp' and options.device == 'cuda')
    run = torch.compile(network) if options.way == 'compile' else network

    def step():
        optimizer.zero_grad()
        with autocast(options):
            loss = nn.functional.cross_entropy(run(inputs), labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        # As ours does on every step: it is what a training plots, and it waits for the device.
        value = loss.item()
        assert value == value, 'the loss is no number'

    return step


def extraction(network, options):
    network = placed(network, options, 4)
    images = placed(torch.rand(EXTRACTION_SHAPE), options, 4)
    run = torch.compile(network) if options.way == 'compile' else network

    def step():
        with torch.inference_mode(), autocast(options):
            run(images).float().cpu()

    return step


def dispatch(device):
    """A thousand additions of two scalars."""
    a, b = torch.tensor(1.5, device=device), torch.tensor(2.5, device=device)

    def step():
        for _ in range(1000):
            torch.add(a, b)
        if device == 'cuda':
            torch.cuda.synchronize()

    return step


main()
