package dev.lapidary.core.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;

/**
 * {@code docs/command-line.md}: the help of every command, as its program prints it. Its last part
 * is of {@code bin/spark}, which no other module sees.
 */
public final class CommandLinePage {
  private static final Path FILE = Path.of("../docs/command-line.md");
  private static final String LAST = "\n<!-- bin/spark -->\n";

  private CommandLinePage() {}

  /** The sections of a program's commands. */
  public static String sections(String program, Object root) {
    StringBuilder sections = new StringBuilder();
    Map<String, CommandLine> commands = CommandTree.commandLine(root).getSubcommands();
    for (Map.Entry<String, CommandLine> entry : commands.entrySet()) {
      String command = entry.getKey();
      String own = entry.getValue().getCommandName();
      String help = help(root, command, "--help-all");
      if (help.isEmpty()) {
        help = help(root, command, "--help");
      }
      int general = help.indexOf("\nGeneral\n"); // that all have, and the exit codes
      int end = general >= 0 ? general : help.indexOf("\nExit codes:\n");
      sections
          .append("\n## bin/%s %s\n\n```text\n".formatted(program, own))
          .append(help, 0, end)
          .append("```\n");
    }
    return sections.toString();
  }

  public static String help(Object root, String... arguments) {
    StringWriter out = new StringWriter();
    CommandTree.run(root, new PrintWriter(out), new PrintWriter(new StringWriter()), arguments);
    return out.toString();
  }

  /** All but the last part, as the file has it. */
  public static String first() throws IOException {
    String page = Files.readString(FILE);
    return page.substring(0, split(page));
  }

  /** The last part, as the file has it. */
  public static String last() throws IOException {
    String page = Files.readString(FILE);
    return page.substring(Math.min(page.length(), split(page) + LAST.length()));
  }

  public static void write(String first, String last) throws IOException {
    Files.writeString(FILE, first + LAST + last);
  }

  private static int split(String page) {
    int at = page.indexOf(LAST);
    return at < 0 ? page.length() : at;
  }
}
