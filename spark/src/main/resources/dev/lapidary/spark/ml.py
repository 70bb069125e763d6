"""The Python side of dev.lapidary.spark.ml: the same names, so that Spark ML finds one by the other."""

from pyspark import keyword_only
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.util import JavaMLReadable, JavaMLWritable
from pyspark.ml.wrapper import JavaTransformer


class OnnxClassifier(JavaTransformer, JavaMLReadable, JavaMLWritable):
    """Images in, the classes of an exported ONNX file out; a stage of a Pipeline.

    model: URI of an ONNX file with a model card
    modelSha256: of that file, which is refused if it has another
    inputCol: column of images: an image file's bytes, or its path ("content")
    outputCol: column of predictions: label, classes, logits, error ("prediction")
    topK: the most classes of an answer
    batchSize: images in one run of the network, always
    """

    model = Param(Params._dummy(), "model", "", TypeConverters.toString)
    modelSha256 = Param(Params._dummy(), "modelSha256", "", TypeConverters.toString)
    inputCol = Param(Params._dummy(), "inputCol", "", TypeConverters.toString)
    outputCol = Param(Params._dummy(), "outputCol", "", TypeConverters.toString)
    topK = Param(Params._dummy(), "topK", "", TypeConverters.toInt)
    batchSize = Param(Params._dummy(), "batchSize", "", TypeConverters.toInt)

    @keyword_only
    def __init__(self, *, model=None, modelSha256=None, inputCol=None, outputCol=None, topK=None,
                 batchSize=None):
        super().__init__()
        self._java_obj = self._new_java_obj("dev.lapidary.spark.ml.OnnxClassifier", self.uid)
        self._set(**self._input_kwargs)

    @keyword_only
    def setParams(self, *, model=None, modelSha256=None, inputCol=None, outputCol=None, topK=None,
                  batchSize=None):
        return self._set(**self._input_kwargs)
