package dev.lapidary.core.manifest;

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

  @Test
  void whatIsNoListIsNamedByImage() throws IOException {
    refused(
        "path,Age,cat\na,34,1\n",
        "image 1: expected a column label or labels, or 0 or 1 in every column beside path, split"
            + " and group, but Age is '34'; name the labels, or take that column out");
    refused("path\na\n", "image 1 has no label; expected at least path and label");
    refused("path,labels\na,x|y\n,x\n", "image 2 has no path; expected at least path and label");
    refused("path,labels\na,x\nb,x\n", "expected images of at least two labels but found 1: [x]");
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
