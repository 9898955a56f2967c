"""MNIST."""

from __future__ import annotations

from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split, _idx

ARCHIVE = _idx.archive(
    "mnist",
    [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    {
        "train-images-idx3-ubyte.gz": (
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        "train-labels-idx1-ubyte.gz": (
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        "t10k-images-idx3-ubyte.gz": (
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        "t10k-labels-idx1-ubyte.gz": (
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    },
)


class MNIST(Dataset):
    """Handwritten digits, 28 x 28 gray: 60,000 to train on, 10,000 to test with.

    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86(11), 1998. 11.6 MB, downloaded once where SPARRING_DATA has no
    folder `mnist`.
    """

    @property
    def spec(self) -> Spec:
        """Gray pictures with one label set, "digit"."""
        return Spec("image", (1, 28, 28), labels={"digit": tuple("0123456789")})

    @property
    def licence(self) -> str:
        """The makers state none; this is the common reading."""
        return "no formal licence; commonly passed on as CC BY-SA 3.0"

    @property
    def source(self) -> str:
        """Who made it, and where."""
        return "Y. LeCun, C. Cortes and C. Burges, http://yann.lecun.com/exdb/mnist/ (from NIST)"

    @property
    def is_here(self) -> bool:
        """Whether all files lie in SPARRING_DATA or in the cache."""
        return _idx.is_here(ARCHIVE)

    def split(self, part: Split) -> Samples:
        """The makers' own split."""
        return _idx.load(ARCHIVE, part, "digit", 10)
