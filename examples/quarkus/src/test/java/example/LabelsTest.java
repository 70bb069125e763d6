package example;

import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.io.File;
import org.junit.jupiter.api.Test;

/** mvn test -Dmodel=MODEL.onnx -Dimage=IMAGE -Dlabel=LABEL */
@QuarkusTest
class LabelsTest {
  @Test
  void answersOverHttp() {
    RestAssured.given()
        .contentType("application/octet-stream")
        .body(new File(System.getProperty("image")))
        .post("/labels")
        .then()
        .statusCode(200)
        .body("[0].label", equalTo(System.getProperty("label")));
  }
}
