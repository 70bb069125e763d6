package dev.lapidary.distribution;

import dev.lapidary.core.cli.CommandTree;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A command's manual in man's language, of what its {@code --help} is made of. (picocli's own
 * generator writes AsciiDoc, which takes a Ruby to become a manual.)
 *
 * @param name {@code trainer-run}
 */
record ManualPage(String name, String text) {

  /** The program's and its commands'. */
  static List<ManualPage> of(CommandLine line) {
    List<ManualPage> pages = new ArrayList<>(List.of(page(line)));
    for (CommandLine command : line.getSubcommands().values()) {
      pages.addAll(of(command));
    }
    return pages;
  }

  private static ManualPage page(CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    String name = spec.qualifiedName("-");
    StringBuilder page = new StringBuilder();
    page.append(".TH \"").append(name).append("\" 1 \"\" \"Lapidary\" \"Lapidary\"\n");
    String sentence = words(spec.usageMessage().description());
    page.append(".SH NAME\n").append(roff(name)).append(" \\- ").append(roff(sentence));
    page.append("\n.SH SYNOPSIS\n.nf\n");
    page.append(roff(new Help(spec, Help.defaultColorScheme(Help.Ansi.OFF)).synopsis(0).strip()));
    page.append("\n.fi\n.SH DESCRIPTION\n").append(roff(sentence)).append('\n');
    if (!spec.positionalParameters().isEmpty()) {
      page.append(".SH ARGUMENTS\n");
      for (PositionalParamSpec parameter : spec.positionalParameters()) {
        entry(page, parameter.paramLabel(), parameter);
      }
    }
    page.append(".SH OPTIONS\n");
    for (OptionSpec option : spec.options()) {
      if (!option.hidden()) {
        String value = option.arity().max() > 0 ? "=" + option.paramLabel() : "";
        entry(page, String.join(", ", option.names()) + value, option);
      }
    }
    if (!line.getSubcommands().isEmpty()) {
      page.append(".SH COMMANDS\n");
      for (Map.Entry<String, CommandLine> each : line.getSubcommands().entrySet()) {
        String of = words(each.getValue().getCommandSpec().usageMessage().description());
        page.append(".TP\n\\fB").append(roff(name + "-" + each.getKey())).append("\\fR(1)\n");
        page.append(roff(of)).append('\n');
      }
    }
    page.append(".SH EXIT STATUS\n");
    spec.usageMessage()
        .exitCodeList()
        .forEach(
            (code, meaning) ->
                page.append(".TP\n\\fB")
                    .append(code.strip())
                    .append("\\fR\n")
                    .append(roff(meaning))
                    .append('\n'));
    return new ManualPage(name, page.toString());
  }

  private static void entry(StringBuilder page, String label, ArgSpec argument) {
    page.append(".TP\n\\fB").append(roff(label)).append("\\fR\n");
    page.append(roff(CommandTree.description(argument))).append('\n');
  }

  private static String words(String... lines) {
    return String.join(" ", lines).replace("%n", " ").replace("%%", "%").strip();
  }

  /** No line may begin with what man obeys. */
  private static String roff(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-").replaceAll("(?m)^([.'])", "\\\\&$1");
  }
}
