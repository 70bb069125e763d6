package dev.lapidary.core.card;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.image.Background;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** {@code docs/card.schema.json}, by which others write clients, says what the records hold. */
class CardSchemaTest {
  private static final Set<String> MAY_BE_LEFT_OUT =
      Set.of("format", "activation", "scores", "anySize", "alpha", "target", "trunk");

  @Test
  void theSchemaHasTheFieldsOfTheRecords() throws IOException {
    JsonNode schema = new ObjectMapper().readTree(Path.of("../docs/card.schema.json").toFile());
    TreeSet<String> known = new TreeSet<>(names(ModelCard.class));
    known.add("format");
    check("card", ModelCard.class, schema, known);
    assertThat(ModelCard.FORMAT).isEqualTo(2);
  }

  private static void check(String place, Class<?> record, JsonNode node, Set<String> known) {
    JsonNode schema = node.has("oneOf") ? node.path("oneOf").path(0) : node;
    TreeSet<String> described = new TreeSet<>();
    schema.path("properties").fieldNames().forEachRemaining(described::add);
    assertThat(described).as(place).isEqualTo(known);
    List<String> required = new ArrayList<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    known.stream()
        .filter(name -> !MAY_BE_LEFT_OUT.contains(name))
        .forEach(name -> assertThat(required).as(place).contains(name));
    for (RecordComponent component : record.getRecordComponents()) {
      JsonNode property = schema.path("properties").path(component.getName());
      Class<?> type = plain(component.getGenericType());
      JsonNode inner = property.has("items") ? property.path("items") : property;
      if (type == Background.class) { // written as its colour
        assertThat(property.path("pattern").asText()).isEqualTo("^#[0-9a-f]{6}$");
      } else if (type.isRecord()) {
        check(place + "." + component.getName(), type, inner, new TreeSet<>(names(type)));
      } else if (type.isEnum()) {
        List<String> words = new ArrayList<>();
        property.path("enum").forEach(word -> words.add(word.asText().toUpperCase()));
        assertThat(words)
            .as(place + "." + component.getName())
            .containsExactlyInAnyOrderElementsOf(
                Arrays.stream(type.getEnumConstants()).map(Object::toString).toList());
      }
    }
  }

  private static List<String> names(Class<?> record) {
    return Arrays.stream(record.getRecordComponents()).map(RecordComponent::getName).toList();
  }

  /** Of an Optional or a List its element. */
  private static Class<?> plain(Type type) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      return plain(arguments[arguments.length - 1]);
    }
    return (Class<?>) type;
  }
}
