"""Fashion-MNIST."""

from __future__ import annotations

from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split, _idx

ARCHIVE = _idx.archive(
    "fashion-mnist",
    # The publisher offers no https; every file is checked against its SHA-256.
    ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    {
        "train-images-idx3-ubyte.gz": (
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        "train-labels-idx1-ubyte.gz": (
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        "t10k-images-idx3-ubyte.gz": (
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        "t10k-labels-idx1-ubyte.gz": (
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    },
)
GARMENTS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


class FashionMNIST(Dataset):
    """Photographed garments, 28 x 28 gray: 60,000 to train on, 10,000 to test with.

    Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms", arXiv:1708.07747, 2017. 30.9 MB, downloaded once where SPARRING_DATA has
    no folder `fashion-mnist`.
    """

    @property
    def spec(self) -> Spec:
        """Gray pictures with one label set, "garment"."""
        return Spec("image", (1, 28, 28), labels={"garment": GARMENTS})

    @property
    def licence(self) -> str:
        """As the publisher states it."""
        return "MIT (Zalando SE, 2017)"

    @property
    def source(self) -> str:
        """Who made it, and where."""
        return "Zalando Research, https://github.com/zalandoresearch/fashion-mnist"

    @property
    def is_here(self) -> bool:
        """Whether all files lie in SPARRING_DATA or in the cache."""
        return _idx.is_here(ARCHIVE)

    def split(self, part: Split) -> Samples:
        """The makers' own split."""
        return _idx.load(ARCHIVE, part, "garment", 10)
