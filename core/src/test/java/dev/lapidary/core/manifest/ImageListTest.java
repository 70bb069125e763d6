package dev.lapidary.core.manifest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageListTest {
  @TempDir private Path folder;

  /** The marks that such columns are divided by in the wild; a later one is part of a name. */
  @ParameterizedTest
  @ValueSource(strings = {"|", ";", ",", " "})
  void aColumnOfLabels(String mark) throws IOException {
    ImageList list =
        list(
            "list.csv",
            "image,tags,split\na.png,\"dog%scat\",train\nb.png,,val\nc.png,dog,\n".formatted(mark));
    assertThat(list.multiLabel()).isTrue();
    assertThat(list.labels()).containsExactly("cat", "dog");
    assertThat(list.images())
        .extracting(ImageList.Image::labels)
        .containsExactly(List.of(0, 1), List.of(), List.of(1));
    assertThat(list.images())
        .extracting(ImageList.Image::split)
        .containsExactly("train", "val", "");
    assertThat(list.folder()).isEqualTo(folder);
  }

  /** As fastai's PASCAL_2007 has it, and as columns of 0 and 1. */
  @Test
  void fastaisListSaysWhatIsValidatedOn() throws IOException {
    ImageList list =
        list("list.csv", "fname,labels,is_valid\na.jpg,chair car,True\nb.jpg,car,False\n");
    assertThatThrownBy(() -> list("list.csv", "fname,labels,is_valid\na.jpg,car,\n"))
        .hasMessageEndingWith("image 1: expected True or False at is_valid but found ''");
    assertThat(list.labels()).containsExactly("car", "chair");
    assertThat(list.images()).extracting(ImageList.Image::path).containsExactly("a.jpg", "b.jpg");
    assertThat(list.images()).extracting(ImageList.Image::split).containsExactly("val", "train");
    ImageList columns = list("list.csv", "image,is_valid,car,chair\na,1,1,1\nb,0,1,0\n");
    assertThat(columns.labels()).containsExactly("car", "chair");
    assertThat(columns.images()).extracting(ImageList.Image::split).containsExactly("val", "train");
    ImageList both = list("list.csv", "path,label,split,is_valid\na,x,test,0\nb,y,train,1\n");
    assertThat(both.images()).extracting(ImageList.Image::split).containsExactly("test", "train");
  }

  @Test
  void aMarkThatBindsTighterIsPartOfAName() throws IOException {
    ImageList list = list("list.csv", "path,labels\na,sea lion|kelp; brown\nb,kelp; brown|\n");
    assertThat(list.labels()).containsExactly("kelp; brown", "sea lion");
    assertThat(list.images().get(1).labels()).containsExactly(0);
  }

  @Test
  void listsInJson() throws IOException {
    ImageList list =
        list(
            "list.jsonl",
            """
            {"file_name":"a","labels":["sea lion","kelp","kelp"]}
            {"file_name":"b","labels":[]}
            {"file_name":"c","labels":["kelp"],"group":"g","more":{"any":1}}
            """);
    assertThat(list.labels()).containsExactly("kelp", "sea lion");
    assertThat(list.images())
        .extracting(ImageList.Image::labels)
        .containsExactly(List.of(0, 1), List.of(), List.of(0));
    assertThat(list.images().get(2).group()).isEqualTo("g");
  }

  /** As spreadsheets and pandas' get_dummies write them; a label may have no image. */
  @Test
  void aColumnOfZeroAndOneALabel() throws IOException {
    ImageList list =
        list(
            "list.csv",
            "filename,zebra,ant,none,split\na,1,0,0,train\nb,True,1.0,False,train\nc,0,0,0,val\n");
    assertThat(list.multiLabel()).isTrue();
    assertThat(list.labels()).containsExactly("ant", "none", "zebra");
    assertThat(list.images())
        .extracting(ImageList.Image::labels)
        .containsExactly(List.of(2), List.of(0, 2), List.of());
  }

  /** A list with the column label is what it always was, whatever else stands in it. */
  @Test
  void oneLabelAnImage() throws IOException {
    ImageList list = list("list.csv", "path,label,labels,x\na,1|2,5;6,7\nb,3,5,1\n");
    assertThat(list.multiLabel()).isFalse();
    assertThat(list.labels()).containsExactly("1|2", "3");
    ImageList numbers =
        list("list.jsonl", "{\"path\":\"a\",\"label\":7}\n{\"path\":\"b\",\"label\":true}\n");
    assertThat(numbers.labels()).containsExactly("7", "true");
  }

  /** As Excel, pandas and Kaggle write them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      textBlock =
          """
          \\ufeffpath,label                  ~ ,
          path;label                        ~ ;
          sep=;|Path;Label                  ~ ;
          sep=,|path,label                  ~ ,
          filename\\tclass                  ~ \\t
          FileName,Class                    ~ ,
          \\"Image Path\\",\\"label\\"         ~ ,
          image_path,target                 ~ ,
          filepath;category                 ~ ;
          img_path,class_name               ~ ,
          image_id,Species                  ~ ,
          """)
  void headersAndSeparatorsOfOtherTools(String header, String mark) throws IOException {
    String separator = unescaped(mark);
    String head = unescaped(header).replace("|", "\r\n");
    String rows = "a b.png %s x \r\nc.png%sy, z\r\n\r\n".formatted(separator, separator);
    String quoted = separator.equals(",") ? rows.replace("y, z", "\"y, z\"") : rows;
    ImageList list = list("l.csv", head + "\r\n" + quoted);
    assertThat(list.multiLabel()).isFalse();
    assertThat(list.labels()).containsExactly("x", "y, z");
    assertThat(list.images()).extracting(ImageList.Image::path).containsExactly("a b.png", "c.png");
    assertThat(list.images())
        .extracting(ImageList.Image::labels)
        .containsExactly(List.of(0), List.of(1));
  }

  private static String unescaped(String text) {
    return text.replace("\\ufeff", "\ufeff").replace("\\t", "\t").replace("\\\"", "\"");
  }

  @Test
  void listsInUtf16AndWithOtherEndings() throws IOException {
    Path file = folder.resolve("list.tsv");
    Files.write(file, "\ufeffpath\tlabel\r\na\tx\r\nb\ty".getBytes(UTF_16LE));
    assertThat(ImageList.isList(file)).isTrue();
    assertThat(ImageList.read(file).labels()).containsExactly("x", "y");
    ImageList json =
        list(
            "l.ndjson",
            "\ufeff{\"Path\":\"a\",\"Label\":\"x\"}\r\n\r\n{\"Path\":\"b\",\"Label\":2}");
    assertThat(json.labels()).containsExactly("2", "x");
    Files.write(file, "path,label\na,caf\u00e9\n".getBytes(ISO_8859_1));
    assertThatThrownBy(() -> ImageList.read(file))
        .hasMessage("[%s] is not UTF-8 text: byte e9 in line 2; save it as UTF-8", file);
  }

  @Test
  void theSameLettersAreTheSameLabel() throws IOException {
    ImageList mixed = list("l.csv", "path,label\na,cafe\u0301\nb,caf\u00e9\nc,tea\n");
    assertThat(mixed.labels()).containsExactly("caf\u00e9", "tea");
    assertThat(mixed.images())
        .extracting(ImageList.Image::labels)
        .containsExactly(List.of(0), List.of(0), List.of(1));
    ImageList asWritten = list("l.csv", "path,label\na,cafe\u0301\nc,tea\n");
    assertThat(asWritten.labels()).containsExactly("cafe\u0301", "tea");
  }

  @Test
  void zeroAndOneInOneColumn() throws IOException {
    assertThat(list("l.csv", "path,label\na,0\nb,1\n").labels()).containsExactly("0", "1");
    ImageList target = list("l.csv", "path,target,width\na,0,64\nb,1,32\n");
    assertThat(target.multiLabel()).isFalse();
    assertThat(target.labels()).containsExactly("0", "1");
    assertThat(list("l.csv", "path,target\na,0\nb,1\n").multiLabel()).isFalse();
    refused(
        "path,is_cat\na,0\nb,1\n",
        "its one column of 0 and 1, is_cat, is no list of labels: call it label to learn 0 and 1 as"
            + " two classes");
    ImageList indexed = list("l.csv", ",path,dog,cat\n0,a,1,0\n1,b,0,1\n2,c,1,1\n");
    assertThat(indexed.labels()).containsExactly("cat", "dog");
    assertThat(list("l.csv", "path|label\na|x\n").labels()).containsExactly("x");
    ImageList several = list("l.csv", "path,target,class_name\na,0,1\nb,1,1\n");
    assertThat(several.multiLabel()).isTrue();
    assertThat(several.labels()).containsExactly("class_name", "target");
    refused(
        "path,target,category\na,x,1\n",
        "which column has the label, target or category? Call it label");
    refused(
        "a.jpg,cat\nb.jpg,dog\n",
        "no column says where the images are: expected path (or file_name, filename, file, image,"
            + " image_path) among the names in the first line but found [a.jpg, cat]");
    refused("path,label\n", "the list has no image");
  }

  @Test
  void whatIsNoListIsNamedByImage() throws IOException {
    refused(
        "path,Age,cat\na,34,1\n",
        "image 1: expected a column label or labels, or 0 or 1 in every column beside path, split"
            + " and group, but Age is '34'; name the labels, or take that column out");
    refused("path\na\n", "image 1 has no label; expected at least path and label");
    refused("path,labels\na,x|y\n,x\n", "image 2 has no path; expected at least path and label");
    refused("labels,path\nx y,a\n,b\nx", "image 3 has no path; expected at least path and label");
    assertThatThrownBy(() -> list("l.jsonl", "{\"path\":\"a\",\"label\":[\"x\",\"y\"]}\n"))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "[%s] image 1: expected a text at label but found [\"x\",\"y\"]; a list of labels is"
                + " called labels",
            folder.resolve("l.jsonl"));
    assertThatThrownBy(
            () -> list("l.jsonl", "{\"path\":\"a\",\"labels\":[\"x\"]}\n{\"path\":\"b\"}\n"))
        .hasMessage(
            "[%s] image 2 has no labels; those of an image without any are an empty text or []",
            folder.resolve("l.jsonl"));
  }

  private void refused(String text, String message) {
    assertThatThrownBy(() -> list("bad.csv", text))
        .isInstanceOf(Failure.class)
        .hasMessage("[" + folder.resolve("bad.csv") + "] " + message);
  }

  private ImageList list(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
    return ImageList.read(folder.resolve(name));
  }
}
