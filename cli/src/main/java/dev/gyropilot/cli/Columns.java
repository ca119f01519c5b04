package dev.gyropilot.cli;

import java.io.PrintStream;
import java.util.List;

/** Prints rows in aligned columns, three blanks apart, as kubectl does. */
final class Columns {
    private static final String GAP = "   ";

    private Columns() {}

    static void print(PrintStream out, List<List<String>> rows) {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i));
                if (i < columns - 1) {
                    line.repeat(" ", widths[i] - row.get(i).length()).append(GAP);
                }
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
