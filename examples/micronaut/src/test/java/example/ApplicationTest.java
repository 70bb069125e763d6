package example;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micronaut.context.annotation.Property;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.client.HttpClient;
import io.micronaut.http.client.annotation.Client;
import io.micronaut.test.extensions.junit5.annotation.MicronautTest;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** mvn test -Dmodel=MODEL.onnx -Dimage=IMAGE -Dlabel=LABEL */
@MicronautTest
@Property(name = "micronaut.http.client.read-timeout", value = "120s")
class ApplicationTest {
  @Inject @Client("/") private HttpClient http;

  @Test
  void answersOverHttp() throws Exception {
    byte[] image = Files.readAllBytes(Path.of(System.getProperty("image")));
    HttpRequest<byte[]> request =
        HttpRequest.POST("/labels", image).contentType("application/octet-stream");
    String answer = http.toBlocking().retrieve(request);
    assertTrue(answer.contains("\"" + System.getProperty("label") + "\""), answer);
  }
}
