"""ResNet-50 (last stride 1) in PyTorch, the same as models/backbones/resnet.ts."""
from torch import nn


class Bottleneck(nn.Module):
    def __init__(self, inside, middle, stride):
        super().__init__()
        outside = middle * 4
        self.body = nn.Sequential(
            nn.Conv2d(inside, middle, 1, bias=False), nn.BatchNorm2d(middle), nn.ReLU(inplace=True),
            nn.Conv2d(middle, middle, 3, stride, 1, bias=False), nn.BatchNorm2d(middle), nn.ReLU(inplace=True),
            nn.Conv2d(middle, outside, 1, bias=False), nn.BatchNorm2d(outside),
        )
        self.skip = nn.Identity() if stride == 1 and inside == outside else nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.body(x) + self.skip(x))


def resnet50(classes):
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for middle, blocks, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 1)]:
        for block in range(blocks):
            layers.append(Bottleneck(channels, middle, stride if block == 0 else 1))
            channels = middle * 4
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.BatchNorm1d(channels)), nn.Linear(channels, classes)
