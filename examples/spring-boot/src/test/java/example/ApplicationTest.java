package example;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.client.TestRestTemplate;

/** mvn test -Dmodel=MODEL.onnx -Dimage=IMAGE -Dlabel=LABEL */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class ApplicationTest {
  @Autowired private TestRestTemplate http;

  @Test
  void answersOverHttp() throws Exception {
    byte[] image = Files.readAllBytes(Path.of(System.getProperty("image")));
    assertThat(http.postForObject("/labels", image, String.class))
        .startsWith("[{\"label\":\"" + System.getProperty("label") + "\"");
  }
}
