"""Whole models in PyTorch, float64: features in evaluation with the sine filling, loss and gradients in training with a random one.

Made with torch 2.9.0, torchvision 0.24.0. C2D and C2D + non-local come from the official AP3D code (guxinqian/AP3D, commit
84bd12afc1d9e99c58365559d9ec9269cb19d94f); the ResNet-18 is torchvision's with the head written out below.
Run: python test/golden/tools/make_models.py --ap3d <checkout of AP3D> (writes test/golden/models.json).
"""

import argparse
import json
import sys
from pathlib import Path

import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from losses_ import batch_hard, cosine_distance
from numbers_ import lcg, random_fill, sine_fill, sine_input, summary

OUT = Path(__file__).resolve().parent.parent / "models.json"
parser = argparse.ArgumentParser()
parser.add_argument("--ap3d", required=True)
sys.path.insert(0, parser.parse_args().ap3d)
torch.set_default_dtype(torch.float64)

make_resnet50 = torchvision.models.resnet50
torchvision.models.resnet50 = lambda pretrained=False: make_resnet50()
from models import AP3D  # noqa: E402
from models.ResNet import ResNet503D  # noqa: E402


def official(positions):
    model = ResNet503D(625, AP3D.C2D, [[], [], [], []], positions).eval()
    tensors = sine_fill(model.state_dict())
    with torch.no_grad():
        frames = model(torch.tensor(sine_input((1, 3, 4, 256, 128))))
        feature = model.bn(frames.mean(1))
    names = [[name, list(tensor.shape)] for name, tensor in model.state_dict().items() if not name.endswith("num_batches_tracked")]
    return {"tensors": tensors, "names": names, "feature": summary(feature.numpy()), "every128th": feature[0, ::128].tolist()}


class Tap(nn.Module):
    """ResNet-18, last stride 1, global max pool, mean over time, BN neck, classifier."""

    def __init__(self, classes):
        super().__init__()
        backbone = torchvision.models.resnet18()
        backbone.layer4[0].conv1.stride = (1, 1)
        backbone.layer4[0].downsample[0].stride = (1, 1)
        for name in ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4"):
            setattr(self, name, getattr(backbone, name))
        self.bn = nn.BatchNorm1d(512)
        self.classifier = nn.Linear(512, classes)

    def forward(self, clips):
        b, t = clips.shape[:2]
        x = clips.flatten(0, 1)
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = F.max_pool2d(x, x.shape[2:]).flatten(1).view(b, t, -1).mean(1)
        feature = self.bn(x)
        return feature, self.classifier(feature)


def training():
    model = Tap(3)
    random_fill(model.state_dict())
    clips = torch.tensor(lcg((6, 2, 3, 64, 32), 1))
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    model.eval()
    with torch.no_grad():
        evaluated, _ = model(clips)
    model.train()
    feature, logits = model(clips)
    identity = F.cross_entropy(logits, labels)
    triplet = batch_hard(cosine_distance(feature), labels, 0.3)
    (identity + triplet).backward()
    gradients = {name: parameter.grad.norm().item() for name, parameter in model.named_parameters()}
    running = {name: summary(tensor.numpy()) for name, tensor in model.state_dict().items() if "running" in name}
    return {"evaluated": summary(evaluated.numpy()), "feature": summary(feature.detach().numpy()), "identity": identity.item(), "triplet": triplet.item(), "gradientNorms": gradients, "running": running}


fixture = {
    "torch": torch.__version__,
    "torchvision": torchvision.__version__,
    "c2d": official([[], [], [], []]),
    "nonLocal": official([[], [1, 3], [1, 3, 5], []]),
    "resnet18": training(),
}
OUT.write_text(json.dumps(fixture) + "\n")
