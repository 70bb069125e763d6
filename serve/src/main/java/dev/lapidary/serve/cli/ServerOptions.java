package dev.lapidary.serve.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.bench.Protocol;
import dev.lapidary.serve.bench.Questions;
import dev.lapidary.serve.bench.RequestHeader;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which servers {@code serve bench} measures, and what it sends them. */
final class ServerOptions {
  private static final double MAX_PER_SECOND = 100_000;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "a server that runs, http://host:port or https; several times for several, which are compared with"
              + " the first. One with a path, http://host:port/path, gets images there, as it is")
  private List<URI> urls = List.of();

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      description =
          "how servers are asked: predict, an image file a request; v2, the Open Inference"
              + " Protocol's infer with a tensor, or with --images an image, a request")
  private Protocol protocol = Protocol.predict;

  @Option(
      names = "--form-field",
      paramLabel = "NAME",
      description =
          "with --protocol predict: the image is in this field of a form (multipart/form-data)"
              + " instead of the whole body")
  private Optional<String> field = Optional.empty();

  @Option(
      names = "--model-name",
      paramLabel = "NAME",
      description = "the model at the server; --protocol v2 needs it")
  private Optional<String> name = Optional.empty();

  @Option(
      names = "--rate",
      split = ",",
      paramLabel = "R",
      description =
          "requests a second that come as a Poisson process, whether they are answered or not"
              + " (open loop); without --concurrency there are no others")
  private List<Double> rates = List.of();

  @Option(
      names = "--shape",
      split = ",",
      paramLabel = "N",
      description = "of a tensor, where the model leaves more open than its batch")
  private List<Long> shape = List.of();

  @Option(
      names = "--header",
      paramLabel = "NAME:VALUE",
      description = "of each request, such as \"X-API-Key: …\"; may be given several times")
  private List<String> headers = List.of();

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE.pem",
      description =
          "of https: whose certificates are trusted, such as a server's own that nobody has signed,"
              + " instead of those that Java trusts")
  private Optional<Path> authorities = Optional.empty();

  @Mixin private ClientTlsOptions tls = new ClientTlsOptions();

  boolean areNamed() {
    return !urls.isEmpty();
  }

  boolean haveRates() {
    return !rates.isEmpty();
  }

  /**
   * @throws Failure (exit 2) if something is said of servers that are not named
   */
  void requireAlone() {
    if (haveRates()
        || field.isPresent()
        || name.isPresent()
        || !shape.isEmpty()
        || !headers.isEmpty()
        || authorities.isPresent()
        || tls.areGiven()) {
      throw Failure.badInput(
          "--rate, --form-field, --model-name, --shape, --header and --tls-… are of servers that run;"
              + " name one with --url");
    }
  }

  List<URI> urls() {
    for (URI url : urls) {
      String scheme = String.valueOf(url.getScheme());
      if (!(scheme.equals("http") || scheme.equals("https")) || url.getHost() == null) {
        throw Failure.badInput("--url %s is no address, expected http://host:port", url);
      }
    }
    return List.copyOf(urls);
  }

  List<Double> rates() {
    for (double rate : rates) {
      if (!(rate > 0 && rate <= MAX_PER_SECOND)) {
        throw Failure.badInput("--rate must be in 0..%.0f but has %s", MAX_PER_SECOND, rate);
      }
    }
    return List.copyOf(rates);
  }

  /** How they are connected to where they are https. */
  SSLContext tls() {
    return tls.client().trusting(authorities);
  }

  Questions questions(Optional<Path> images) {
    if (protocol == Protocol.v2 && name.isEmpty()) {
      throw Failure.badInput("--protocol v2 asks a model by its name; add --model-name NAME");
    }
    if (protocol == Protocol.predict && images.isEmpty()) {
      throw Failure.badInput("--protocol predict sends images; name a folder with --images DIR");
    }
    return new Questions(protocol, images, field, name, shape, requestHeaders());
  }

  private List<RequestHeader> requestHeaders() {
    List<RequestHeader> all = new ArrayList<>();
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw Failure.badInput("--header %s is no header, expected NAME:VALUE", header);
      }
      all.add(
          new RequestHeader(
              header.substring(0, colon).strip(), header.substring(colon + 1).strip()));
    }
    return all;
  }
}
