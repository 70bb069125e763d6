package dev.lapidary.spark.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.spark.Cluster;
import dev.lapidary.spark.ConvModel;
import dev.lapidary.spark.TestImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(Cluster.class)
class OnnxFunctionTest {
  @TempDir private Path folder;

  @Test
  void sqlClassifiesImages() throws IOException {
    SparkSession session = Cluster.session();
    Path file = ConvModel.write(folder);
    OnnxFunction.register(session, "classify", file.toString());
    TestImages.table(session, 6, 3).createOrReplaceTempView("photos");
    List<Row> rows =
        session
            .sql(
                "SELECT id, p.label, p.logits, p.error FROM"
                    + " (SELECT id, classify(content) AS p FROM photos) ORDER BY id")
            .collectAsList();
    try (ServedModel model = ModelLoader.load(file, 1)) {
      for (int i = 0; i < rows.size(); i++) {
        Row row = rows.get(i);
        if (TestImages.isBroken(i, 3)) {
          assertThat(row.isNullAt(1)).isTrue();
          assertThat(row.getString(3)).isNotBlank();
          continue;
        }
        float[] alone = ConvModel.run(model, model.inputOf(TestImages.png(i), ImageLimits.DEFAULT));
        List<Float> logits = row.getList(2);
        assertThat(logits).hasSize(alone.length);
        for (int c = 0; c < alone.length; c++) {
          assertThat(logits.get(c)).isEqualTo(alone[c]);
        }
        assertThat(ConvModel.LABELS).contains(row.getString(1));
      }
    }
  }
}
