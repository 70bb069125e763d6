"""What a user of PySpark does: a pipeline that scores, is saved, is loaded and scores the same."""

import sys

from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import SparkSession

from dev.lapidary.spark.ml import OnnxClassifier

model, table, saved = sys.argv[1:4]
spark = SparkSession.builder.getOrCreate()
photos = spark.read.parquet(table)
classifier = OnnxClassifier(model=model, inputCol="content", topK=3)
classifier.setParams(outputCol="answer")
pipeline = Pipeline(stages=[classifier]).fit(photos)
pipeline.write().save(saved)
loaded = PipelineModel.load(saved)
assert isinstance(loaded.stages[0], OnnxClassifier), loaded.stages
assert loaded.stages[0].getOrDefault("topK") == 3
before = pipeline.transform(photos).drop("content").orderBy("id").collect()
after = loaded.transform(photos).drop("content").orderBy("id").collect()
assert before == after, (before, after)
for row in after:
    print("row", row.id, row.answer.label, len(row.answer.classes or []), row.answer.error)
spark.stop()
