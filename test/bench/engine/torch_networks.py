"""The networks of the engine's benchmark in PyTorch; networks/*.ts are the same ones here, and the driver compares their parameter counts."""
import torch
from torch import nn

from resnet50 import resnet50


class FramesOfClips(nn.Module):
    """[B, T, 3, H, W]: every frame through one network, its maps pooled over space and then over time, as resnet-tap does."""

    def __init__(self, classes):
        super().__init__()
        body, self.head = resnet50(classes)
        self.maps, self.neck = body[:-1], body[-1]

    def forward(self, clips):
        batch, frames = clips.shape[:2]
        features = self.maps(clips.flatten(0, 1)).unflatten(0, (batch, frames)).mean(1)
        return self.head(self.neck(features))


def norm3d(channels):
    return nn.BatchNorm3d(channels)


def conv3d(inside, outside, kernel, stride=(1, 1, 1)):
    return nn.Conv3d(inside, outside, kernel, stride, tuple(k // 2 for k in kernel), bias=False)


class InflatedBlock(nn.Module):
    """Two convolutions 3x3x3, as I3D inflates them, with a shortcut."""

    def __init__(self, inside, outside, stride):
        super().__init__()
        self.body = nn.Sequential(
            conv3d(inside, outside, (3, 3, 3), stride), norm3d(outside), nn.ReLU(inplace=True),
            conv3d(outside, outside, (3, 3, 3)), norm3d(outside),
        )
        self.skip = nn.Identity() if inside == outside and stride == (1, 1, 1) else nn.Sequential(conv3d(inside, outside, (1, 1, 1), stride), norm3d(outside))

    def forward(self, x):
        return torch.relu(self.body(x) + self.skip(x))


class FactorisedBlock(nn.Module):
    """Space, then time: 1x3x3 and 3x1x1."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(
            conv3d(channels, channels, (1, 3, 3)), norm3d(channels), nn.ReLU(inplace=True),
            conv3d(channels, channels, (3, 1, 1)), norm3d(channels),
        )

    def forward(self, x):
        return torch.relu(self.body(x) + x)


def video_network(classes):
    layers = [conv3d(3, 64, (3, 3, 3), (1, 2, 2)), norm3d(64), nn.ReLU(inplace=True)]
    channels = 64
    for outside, stride in [(64, (1, 1, 1)), (128, (2, 2, 2)), (256, (2, 2, 2))]:
        layers += [InflatedBlock(channels, outside, stride), FactorisedBlock(outside)]
        channels = outside
    return nn.Sequential(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(channels, classes))


class Attention(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(size, 3 * size)
        self.proj = nn.Linear(size, size)

    def forward(self, x):
        batch, tokens, size = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, size // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, size))


class TransformerBlock(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(size, eps=1e-6)
        self.attn = Attention(size, heads)
        self.norm2 = nn.LayerNorm(size, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    """ViT-B/16 on 256 x 128: 128 patches and the class token."""

    def __init__(self, classes, size=768, depth=12, heads=12, patch=16, height=256, width=128):
        super().__init__()
        self.patches = nn.Conv2d(3, size, patch, patch)
        self.token = nn.Parameter(torch.zeros(1, 1, size))
        self.position = nn.Parameter(torch.randn(1, (height // patch) * (width // patch) + 1, size) * 0.02)
        self.blocks = nn.Sequential(*[TransformerBlock(size, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(size, eps=1e-6)
        self.head = nn.Linear(size, classes)

    def forward(self, images):
        patches = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(images.shape[0], -1, -1), patches], 1) + self.position
        return self.head(self.norm(self.blocks(tokens))[:, 0])


def mobilenet(classes):
    from torchvision.models import mobilenet_v2

    return mobilenet_v2(num_classes=classes, dropout=0.0)


def resnet(classes):
    return nn.Sequential(*resnet50(classes))


# Row: network, shape of the input, classes.
TRAINING = {
    'train8': (resnet, (8, 3, 256, 128), 625),
    'train32': (resnet, (32, 3, 256, 128), 625),
    'clips': (FramesOfClips, (8, 4, 3, 256, 128), 625),
    'video': (video_network, (4, 3, 8, 112, 56), 400),
    'vit': (VisionTransformer, (8, 3, 256, 128), 625),
    'mobilenet': (mobilenet, (8, 3, 256, 128), 625),
}
EXTRACTION_SHAPE = (32, 3, 256, 128)


def extraction_network():
    """Without the classifier, in evaluation mode, with running statistics that are not those of a fresh network."""
    torch.manual_seed(0)
    body, _ = resnet50(4)
    for module in body.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return body.eval()


def parameter_count(network):
    return sum(parameter.numel() for parameter in network.parameters())
