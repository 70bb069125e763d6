package dev.lapidary.torchscript.pt2;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.lapidary.core.Hostile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Ways to make a program of torch.export hostile; the same seed makes the same file. */
public enum ProgramAttack {
  TRUNCATED {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      return Hostile.cut(file, random);
    }
  },
  FLIPPED {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      return Hostile.flip(file, 0, file.length, random);
    }
  },
  FLIPPED_DIRECTORY {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      int directory = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(file.length - 6);
      return Hostile.flip(file, Math.max(0, directory), file.length, random);
    }
  },
  /** The CRC is right again, so the JSON reader meets it. */
  REARRANGED_JSON {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      String record = random.nextInt(4) == 0 ? WEIGHTS : MODEL;
      byte[] alphabet = Hostile.bytes("{}[]\",:0123456789-truefalsn\\u");
      return with(records, record, Hostile.rearrange(json(records, record), alphabet, random));
    }
  },
  MUTATED_MODEL {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      return with(records, MODEL, JsonMutator.mutate(json(records, MODEL), random));
    }
  },
  MUTATED_WEIGHTS {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      return with(records, WEIGHTS, JsonMutator.mutate(json(records, WEIGHTS), random));
    }
  },
  /** One name or word, wherever it stands, becomes text that wants to be code. */
  INJECTED_NAMES {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      Map<String, byte[]> changed = new LinkedHashMap<>(records);
      List<String> names = JsonMutator.strings(json(records, MODEL));
      String name = names.get(random.nextInt(names.size()));
      String hostile = JsonMutator.hostile(random);
      for (String record : List.of(MODEL, WEIGHTS)) {
        changed.put(record, JsonMutator.renamed(json(records, record), name, hostile));
      }
      return Hostile.zip("m/", changed);
    }
  },
  /** Values that are read before they are computed, or of themselves. */
  CYCLES {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      return with(records, MODEL, nodes(records, nodes -> shuffled(nodes, random)));
    }
  },
  DEEP_JSON {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      int depth = 1 << random.nextInt(18);
      String open = random.nextBoolean() ? "[" : "{\"as_tensors\":";
      String text = new String(json(records, MODEL), StandardCharsets.UTF_8);
      int at = text.indexOf(random.nextBoolean() ? "\"as_tensor\":" : "\"inputs\":");
      int value = text.indexOf(':', at) + 1;
      String deep = text.substring(0, value) + open.repeat(depth) + text.substring(value);
      return with(records, MODEL, deep.getBytes(StandardCharsets.UTF_8));
    }
  },
  /** Thousands of nodes where there were dozens; names differ or do not. */
  MANY_NODES {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      int times = 2 + random.nextInt(60);
      boolean differ = random.nextBoolean();
      return with(records, MODEL, nodes(records, nodes -> repeated(nodes, times, differ, random)));
    }
  },
  ZIP_BOMB {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      String[] parts = {" ", "[", "{\"a\":", "[],", "1", "\"", "{\"target\":\"a\"},"};
      String start = random.nextBoolean() ? "{\"graph_module\":{\"graph\":{\"nodes\":[" : "";
      String part = parts[random.nextInt(parts.length)];
      return deflated(records, start, part, 1 << random.nextInt(23));
    }
  },
  TRAVERSAL {
    @Override
    public byte[] make(byte[] file, Map<String, byte[]> records, Random random) {
      List<String> names =
          List.of("../../etc/passwd", "a/../../b", "\\windows", "a\u0000b", "./x", "a//b", "..");
      String name = names.get(random.nextInt(names.size()));
      Map<String, byte[]> more = new LinkedHashMap<>(records);
      if (random.nextBoolean()) {
        String folder = random.nextBoolean() ? "models/" : "extra/";
        more.put(folder + name, new byte[random.nextInt(9)]);
      } else {
        more.put(WEIGHTS, JsonMutator.renamed(json(records, WEIGHTS), "weight_0", name));
      }
      return Hostile.zip(random.nextInt(4) == 0 ? "/" : "m/", more);
    }
  };

  /** The attack is made in the little memory of the program that it attacks. */
  private static final int MAX_NODES = 5000;

  static final String MODEL = "models/model.json";
  static final String WEIGHTS = "data/weights/model_weights_config.json";

  /**
   * @param file a sound file
   * @param records its records by name below the top folder
   */
  public abstract byte[] make(byte[] file, Map<String, byte[]> records, Random random);

  private interface Change {
    void apply(ArrayNode nodes);
  }

  private static byte[] json(Map<String, byte[]> records, String record) {
    return records.get(record);
  }

  private static byte[] with(Map<String, byte[]> records, String record, byte[] bytes) {
    Map<String, byte[]> changed = new LinkedHashMap<>(records);
    changed.put(record, bytes);
    return Hostile.zip("m/", changed);
  }

  private static byte[] nodes(Map<String, byte[]> records, Change change) {
    try {
      JsonNode model = new ObjectMapper().readTree(json(records, MODEL));
      change.apply((ArrayNode) model.path("graph_module").path("graph").path("nodes"));
      return new ObjectMapper().writeValueAsBytes(model);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void shuffled(ArrayNode nodes, Random random) {
    for (int i = 1 + random.nextInt(5); i > 0; i--) {
      int a = random.nextInt(nodes.size());
      int b = random.nextInt(nodes.size());
      JsonNode first = nodes.get(a);
      nodes.set(a, nodes.get(b));
      nodes.set(b, first);
    }
  }

  private static void repeated(ArrayNode nodes, int times, boolean differ, Random random) {
    List<JsonNode> own = new ArrayList<>();
    nodes.forEach(own::add);
    int last = random.nextInt(own.size());
    for (int t = 1; t < times && nodes.size() < MAX_NODES; t++) {
      for (int i = 0; i <= last; i++) {
        nodes.add(differ ? suffixed(own.get(i), "_" + t) : own.get(i));
      }
    }
  }

  private static JsonNode suffixed(JsonNode node, String suffix) {
    try {
      String text = node.path("outputs").toString();
      String renamed = text.replaceAll("(\"(?:as_)?name\":\"[^\"]*)", "$1" + suffix);
      JsonNode copy = node.deepCopy();
      ((com.fasterxml.jackson.databind.node.ObjectNode) copy)
          .set("outputs", new ObjectMapper().readTree(renamed));
      return copy;
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The model is never whole in memory, which the attacked program has little of. */
  private static byte[] deflated(
      Map<String, byte[]> records, String start, String part, int times) {
    byte[] repeated = part.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> record : records.entrySet()) {
        zip.putNextEntry(new ZipEntry("m/" + record.getKey()));
        if (!record.getKey().equals(MODEL)) {
          zip.write(record.getValue());
          continue;
        }
        zip.write(start.getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < times; i++) {
          zip.write(repeated);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // The JDK writes sizes behind deflated data, which the directory says as well.
    return bytes.toByteArray();
  }
}
