package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.models.zoo.ImageNetWeights;
import dev.lapidary.models.zoo.PublishedWeights;
import dev.lapidary.models.zoo.Zoo;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trainer fetch}: published weights into the cache, for a time without a network. */
@Command(
    name = "fetch",
    description = {
      "Fetches the ImageNet weights of architectures into the cache (LAPIDARY_CACHE) and prints",
      "where each file lies. For a machine without a network: fetch on one that has it, and copy",
      "the files to the same place in the other's cache; --weights imagenet finds them there."
    })
final class FetchCommand extends ProgramCommand {
  @Parameters(
      arity = "1..*",
      paramLabel = "NAME",
      description = "Architectures; trainer archs lists them with their weights.")
  private List<String> names = List.of();

  @Option(
      names = "--tag",
      paramLabel = "TAG",
      defaultValue = "imagenet",
      description = "Which of their weights: imagenet, imagenet:v2, IMAGENET1K_V2.")
  private String tag = "";

  @Override
  public Integer call() {
    String word = ImageNetWeights.isWord(tag) ? tag : "imagenet:" + tag;
    List<PublishedWeights> wanted =
        names.stream().map(name -> ImageNetWeights.find(Zoo.find(name), word)).toList();
    for (PublishedWeights weights : wanted) {
      print(weights.file(Optional.empty(), Terminal.progress(err())));
    }
    return 0;
  }
}
