package dev.lapidary.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that Maven does not fill in name the version that is built. */
class VersionsTest {
  private static final Path HOME = Path.of("..");
  private static final Pattern PROJECT =
      Pattern.compile("<artifactId>lapidary</artifactId>\\s+<version>([^<]+)</version>");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bom/pom.xml | <artifactId>bom</artifactId>\\s+<version>%s</version>",
        "examples/plain/pom.xml | runtime</artifactId>\\s+<version>%s</version>",
        "examples/spring-boot/pom.xml | runtime</artifactId>\\s+<version>%s</version>",
        "examples/micronaut/pom.xml | runtime</artifactId>\\s+<version>%s</version>",
        "examples/quarkus/pom.xml | runtime</artifactId>\\s+<version>%s</version>",
        "docs/library.md | runtime</artifactId>\\s+<version>%s</version>",
        "docs/shipping.md | lapidary-%s\\.tar\\.gz",
        "deploy/helm/lapidary/Chart.yaml | version: %s\\s",
        "deploy/helm/lapidary/Chart.yaml | appVersion: \"%s\"",
        "deploy/helm/rendered.yaml | image: \"lapidary-serve:%s\"",
        "deploy/kserve/cluster-serving-runtime.yaml | image: lapidary-serve:%s\\s",
      })
  void namesThisVersion(String file, String pattern) throws IOException {
    String own = Pattern.quote(version());
    assertThat(Files.readString(HOME.resolve(file)))
        .as(file)
        .containsPattern(pattern.formatted(own));
  }

  /** A container or a Pod may write nowhere but in /tmp, and is nobody. */
  @Test
  void theChartGivesNoRights() throws IOException {
    assertThat(Files.readString(HOME.resolve("deploy/helm/rendered.yaml")))
        .contains(
            "readOnlyRootFilesystem: true",
            "runAsNonRoot: true",
            "allowPrivilegeEscalation: false",
            "automountServiceAccountToken: false",
            "kind: PodDisruptionBudget",
            "kind: ServiceMonitor",
            "path: /v2/health/ready");
  }

  private static String version() throws IOException {
    Matcher found = PROJECT.matcher(Files.readString(HOME.resolve("pom.xml")));
    assertThat(found.find()).isTrue();
    return found.group(1);
  }
}
