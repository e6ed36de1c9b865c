"""Weights, a clip and the feature of a small ResNet-18 with temporal average pooling, in PyTorch, for `tracklet forward`.

The network is written out here and shares nothing with models/: the names are those of torchvision and the AP3D repository's C2D model.
Made with torch 2.9.0. Run: python test/golden/tools/make_forward.py (writes test/fixtures/forward/).
"""

from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional as F

OUT = Path(__file__).resolve().parents[2] / "fixtures" / "forward"
PLANES = [4, 8, 16, 32]  # 64..512 at width 1/16


class Block(nn.Module):
    def __init__(self, incoming, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(incoming, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride != 1 or incoming != planes:
            self.downsample = nn.Sequential(nn.Conv2d(incoming, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Tap(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, PLANES[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(PLANES[0])
        incoming = PLANES[0]
        for stage, (planes, stride) in enumerate(zip(PLANES, [1, 2, 2, 1]), 1):
            setattr(self, f"layer{stage}", nn.Sequential(Block(incoming, planes, stride), Block(planes, planes, 1)))
            incoming = planes
        self.bn = nn.BatchNorm1d(PLANES[3])
        self.classifier = nn.Linear(PLANES[3], classes)

    def forward(self, clips):
        batch, frames = clips.shape[:2]
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(clips.flatten(0, 1)))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.bn(x.amax((2, 3)).view(batch, frames, -1).mean(1))


torch.manual_seed(11)
model = Tap(2)
for name, tensor in model.state_dict().items():
    if name.endswith("running_var"):
        tensor.uniform_(0.5, 1.5)
    elif name.endswith("running_mean") or name.endswith("bias"):
        tensor.normal_(0, 0.2)
    elif tensor.ndim == 1:
        tensor.uniform_(0.5, 1.5)
model.eval()
clips = torch.randn(3, 2, 3, 32, 16)
with torch.no_grad():
    feature = model.double()(clips.double())
OUT.mkdir(parents=True, exist_ok=True)
torch.save({"state_dict": model.float().state_dict(), "epoch": 3}, OUT / "resnet18-tap.pth")
numpy.save(OUT / "clips.npy", clips.numpy())
numpy.save(OUT / "features.npy", feature.numpy().astype(numpy.float32))
print(feature[0, :4], feature.std())
