package dev.gyropilot.simulator;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** A file of comma-separated values without quotes, its first line the names of the columns; gzip when it ends in .gz. */
public final class Table {
    private final Path file;
    private final Map<String, Integer> columns = new HashMap<>();
    private final List<Row> rows = new ArrayList<>();

    /** One line; asks for values by the name of their column. */
    public final class Row {
        private final int line;
        private final String[] values;

        private Row(int line, String[] values) {
            this.line = line;
            this.values = values;
        }

        /** @return the empty text where the file has no such column */
        public String text(String column) {
            Integer at = columns.get(column);
            return at == null || at >= values.length ? "" : values[at].trim();
        }

        /** @throws SimulatorException when it is no whole number of 0 or more */
        public long number(String column) {
            double value = decimal(column);
            if (value != Math.rint(value)) {
                throw wrong(column, "a whole number");
            }
            return Math.round(value);
        }

        /** @throws SimulatorException when it is no number of 0 or more */
        public double decimal(String column) {
            try {
                double value = Double.parseDouble(text(column));
                if (value >= 0 && value <= Long.MAX_VALUE) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // The same answer as for a number out of range.
            }
            throw wrong(column, "a number of 0 or more");
        }

        private SimulatorException wrong(String column, String expected) {
            return new SimulatorException(file + ", line " + line + ": " + column + " is \"" + text(column)
                    + "\". Maybe " + expected + " was meant");
        }
    }

    private Table(Path file) {
        this.file = file;
    }

    /** @throws SimulatorException when it cannot be read or lacks one of these columns */
    public static Table read(Path file, String... needed) {
        var table = new Table(file);
        try (InputStream raw = Files.newInputStream(file);
                var in = new BufferedReader(new InputStreamReader(
                        file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw, StandardCharsets.UTF_8))) {
            String head = in.readLine();
            String[] names = head == null ? new String[0] : head.split(",", -1);
            for (int i = 0; i < names.length; i++) {
                table.columns.put(names[i].trim(), i);
            }
            for (String column : needed) {
                if (!table.columns.containsKey(column)) {
                    throw new SimulatorException(file + " has no column " + column + " among " + Arrays.toString(names)
                            + ". Maybe it is a file of another kind");
                }
            }
            int line = 1;
            for (String text = in.readLine(); text != null; text = in.readLine()) {
                line++;
                if (!text.isBlank()) {
                    table.rows.add(table.new Row(line, text.split(",", -1)));
                }
            }
        } catch (IOException e) {
            throw new SimulatorException(file + " cannot be read: " + e + ". Maybe the path is wrong", e);
        }
        return table;
    }

    public List<Row> rows() {
        return rows;
    }
}
