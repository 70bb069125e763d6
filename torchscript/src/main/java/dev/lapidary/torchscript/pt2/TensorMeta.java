package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Quote;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is said of a tensor: {@code TensorMeta} of {@code torch/_export/serde/schema.py}.
 *
 * @param dtype in the file's numbers
 * @param sizes 0 for one that is not fixed
 * @param symbols what such a size is called, {@code s77}; empty for a fixed one and for a formula
 */
record TensorMeta(
    long dtype,
    List<Long> sizes,
    List<String> symbols,
    List<Long> strides,
    long offset,
    boolean requiresGrad) {
  private static final Pattern SYMBOL = Pattern.compile("Symbol\\('([a-z]\\w{0,20})'[^()]*\\)");

  private static final int HIGHEST_RANK = 64;

  private static final class Fields {
    private long dtype;
    private List<Long> sizes = List.of();
    private List<String> symbols = List.of();
    private List<Long> strides = List.of();
    private long offset;
    private boolean requiresGrad;
  }

  static TensorMeta read(JsonCursor json) {
    Fields fields = new Fields();
    json.object(
        name -> {
          switch (name) {
            case "dtype" -> fields.dtype = json.integer();
            case "sizes" -> {
              List<String> symbols = new ArrayList<>();
              fields.sizes = sizes(json, symbols);
              fields.symbols = symbols.stream().allMatch(String::isEmpty) ? List.of() : symbols;
            }
            case "strides" -> fields.strides = sizes(json, new ArrayList<>());
            case "storage_offset" -> fields.offset = size(json, new ArrayList<>());
            case "requires_grad" -> fields.requiresGrad = json.bool();
            case "layout" -> ExportEnums.requireStrided(json.integer());
          }
        });
    return new TensorMeta(
        fields.dtype,
        fields.sizes,
        fields.symbols,
        fields.strides,
        fields.offset,
        fields.requiresGrad);
  }

  /** The dimension that is this symbol, or -1. */
  int dimension(String symbol) {
    return symbols.indexOf(symbol);
  }

  private static List<Long> sizes(JsonCursor json, List<String> symbols) {
    List<Long> sizes = json.list(() -> size(json, symbols));
    if (sizes.size() > HIGHEST_RANK) {
      throw json.refuse("a tensor of more than " + HIGHEST_RANK + " dimensions");
    }
    return sizes;
  }

  private static long size(JsonCursor json, List<String> symbols) {
    return json.union(
        kind ->
            switch (kind) {
              case "as_int" -> {
                symbols.add("");
                yield json.integer();
              }
              case "as_expr" -> {
                symbols.add(symbol(json));
                yield 0L;
              }
              default -> throw json.refuse("a size of the kind " + Quote.of(kind));
            });
  }

  private static String symbol(JsonCursor json) {
    Matcher matcher = SYMBOL.matcher(json.field("expr_str", json::string));
    return matcher.matches() ? matcher.group(1) : "";
  }
}
