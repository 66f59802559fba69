package dev.retort.papers.stepbystep;

import dev.retort.answer.SafeArithmetic;
import dev.retort.data.DataCatalogue;
import dev.retort.data.DataFile;
import java.io.CharArrayReader;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * ASDiv's word problems as further training problems for SVAMP, as in Distilling step-by-step (section 4.1). The
 * paper's teacher outputs for them were not released, so that the label is ASDiv's own formula, written as SVAMP writes
 * equations; a problem without such a formula is dropped.
 *
 * @param problems in the order of the file; the label of "7+2+1=10" is "( ( 7.0 + 2.0 ) + 1.0 )", and everything of
 *     the teacher is null
 * @param total how many problems the file holds
 * @param dropped how many problems were dropped, by reason: no-question, not-arithmetic (before its first equals sign
 *     the formula is more than numbers, {@code + - * /} and parentheses), several-equations, answer-not-a-number (but a
 *     name, a time or several numbers) and value-differs (the left side is not the answer or not the right side, as
 *     where a division leaves a rest)
 */
public record AsdivProblems(List<DssExample> problems, int total, Map<String, Integer> dropped) {

    private static final String NO_QUESTION = "no-question";
    private static final String NOT_ARITHMETIC = "not-arithmetic";
    private static final String SEVERAL_EQUATIONS = "several-equations";
    private static final String ANSWER_NOT_A_NUMBER = "answer-not-a-number";
    private static final String VALUE_DIFFERS = "value-differs";

    private static final String DATA_SET = "asdiv";
    private static final String FILE = "ASDiv.xml";
    private static final String AGAIN = "; remove it and run `retort data fetch " + DATA_SET + "`";

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,64}");
    /** A number, and its unit in parentheses. */
    private static final Pattern ANSWER = Pattern.compile("([^()]*)(\\([^()]*\\))?");

    /** Decimals are added in binary: 1.8 + 1.4 is not quite 3.2. */
    private static final double TOLERANCE = 1e-9;

    public AsdivProblems {
        problems = List.copyOf(problems);
        dropped = Collections.unmodifiableMap(new TreeMap<>(dropped));
    }

    /**
     * Reads asdiv/ASDiv.xml.
     *
     * @throws IOException where the file is missing, longer than the catalogue says, declares a document type, or is
     *     not as ASDiv is written
     */
    public static AsdivProblems load(DataCatalogue catalogue) throws IOException {
        DataFile file = catalogue.file(DATA_SET, FILE);
        Path path = catalogue.resolve(DATA_SET, FILE);
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            bytes = in.readNBytes(Math.toIntExact(file.bytes() + 1));
        }
        if (bytes.length > file.bytes()) {
            throw new IOException(path + ": longer than the " + file.bytes() + " bytes of the catalogue" + AGAIN);
        }
        List<DssExample> problems = new ArrayList<>();
        Map<String, Integer> dropped = new TreeMap<>();
        List<Map<String, String>> rows = rows(path, bytes);
        for (Map<String, String> row : rows) {
            try {
                problems.add(example(row));
            } catch (DroppedException e) {
                dropped.merge(e.getMessage(), 1, Integer::sum);
            }
        }
        return new AsdivProblems(problems, rows.size(), dropped);
    }

    /** The fields of every problem by the name of their element, and its ID. */
    private static List<Map<String, String>> rows(Path path, byte[] bytes) throws IOException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        List<Map<String, String>> rows = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        try {
            // Decoded here: the parser reports malformed bytes on standard error too, and knows other encodings.
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            XMLStreamReader reader = factory.createXMLStreamReader(new CharArrayReader(text.array(), 0, text.limit()));
            while (reader.hasNext()) {
                int event = reader.next();
                if (event == XMLStreamConstants.DTD) {
                    throw new IOException(path + ": declares a document type, which ASDiv does not" + AGAIN);
                }
                if (event == XMLStreamConstants.START_ELEMENT
                        && reader.getLocalName().equals("Problem")) {
                    Map<String, String> row = row(reader);
                    if (!seen.add(row.get("ID"))) {
                        throw new IOException(path + ": two problems have the ID " + row.get("ID") + AGAIN);
                    }
                    rows.add(row);
                }
            }
        } catch (CharacterCodingException e) {
            throw new IOException(path + ": is not UTF-8" + AGAIN, e);
        } catch (XMLStreamException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNumber();
            throw new IOException(path + ": line " + line + " is not as ASDiv is written" + AGAIN, e);
        }
        if (rows.isEmpty()) {
            throw new IOException(path + ": holds no Problem" + AGAIN);
        }
        return rows;
    }

    private static Map<String, String> row(XMLStreamReader reader) throws XMLStreamException {
        Map<String, String> row = new HashMap<>();
        String id = reader.getAttributeValue(null, "ID");
        if (id == null || !ID.matcher(id).matches()) {
            throw new XMLStreamException("a Problem has no ID, or one that is no plain name", reader.getLocation());
        }
        while (reader.nextTag() == XMLStreamConstants.START_ELEMENT) {
            String name = reader.getLocalName();
            if (row.put(name, reader.getElementText().strip()) != null) {
                throw new XMLStreamException("a Problem holds an element twice", reader.getLocation());
            }
        }
        row.put("ID", id);
        return row;
    }

    private static DssExample example(Map<String, String> row) throws DroppedException {
        String body = row.getOrDefault("Body", "");
        String question = row.getOrDefault("Question", "");
        if (body.isEmpty() || question.isEmpty()) {
            throw new DroppedException(NO_QUESTION);
        }
        String label = label(row.getOrDefault("Formula", ""), row.getOrDefault("Answer", ""));
        return new DssExample(
                DATA_SET + "-" + row.get("ID"), body + "\n" + question, label, null, null, null, null, null);
    }

    private static String label(String formula, String answer) throws DroppedException {
        int equals = formula.indexOf('=');
        if (equals < 0) {
            throw new DroppedException(NOT_ARITHMETIC);
        }
        String label = new Expression(formula.substring(0, equals)).rewrite();
        String right = formula.substring(equals + 1);
        if (right.indexOf('=') >= 0) {
            throw new DroppedException(SEVERAL_EQUATIONS);
        }
        double value = SafeArithmetic.evaluate(label).orElseThrow(() -> new DroppedException(NOT_ARITHMETIC));
        Matcher number = ANSWER.matcher(answer);
        OptionalDouble answered = number.matches() ? SafeArithmetic.evaluate(number.group(1)) : OptionalDouble.empty();
        if (answered.isEmpty()) {
            throw new DroppedException(ANSWER_NOT_A_NUMBER);
        }
        // A right side with a unit, as in "99+99=198 cents", has no value; the answer has to do.
        OptionalDouble stated = SafeArithmetic.evaluate(right);
        if (differs(value, answered.getAsDouble()) || (stated.isPresent() && differs(value, stated.getAsDouble()))) {
            throw new DroppedException(VALUE_DIFFERS);
        }
        return label;
    }

    private static boolean differs(double value, double other) {
        return Math.abs(value - other) > TOLERANCE * Math.max(1, Math.abs(other));
    }

    /** Why a problem is not kept; the message is the reason's name. */
    private static final class DroppedException extends Exception {

        private static final long serialVersionUID = 1;

        DroppedException(String reason) {
            super(reason, null, false, false);
        }
    }

    /** A formula's side, read once from left to right. */
    private static final class Expression {

        private static final int MAX_LENGTH = 512;
        private static final int MAX_DEPTH = 50;

        private final String text;
        private int position;

        Expression(String text) {
            this.text = text;
        }

        /** As SVAMP writes it: parentheses around every operation, blanks between, numbers with a decimal point. */
        String rewrite() throws DroppedException {
            if (text.length() > MAX_LENGTH) {
                throw new DroppedException(NOT_ARITHMETIC);
            }
            String whole = sum(0);
            if (next() != 0) {
                throw new DroppedException(NOT_ARITHMETIC);
            }
            return whole;
        }

        private String sum(int depth) throws DroppedException {
            String left = product(depth);
            for (char operator = next(); operator == '+' || operator == '-'; operator = next()) {
                position++;
                left = operation(left, operator, product(depth));
            }
            return left;
        }

        private String product(int depth) throws DroppedException {
            String left = operand(depth);
            for (char operator = next(); operator == '*' || operator == '/'; operator = next()) {
                position++;
                left = operation(left, operator, operand(depth));
            }
            return left;
        }

        private static String operation(String left, char operator, String right) {
            return "( " + left + " " + operator + " " + right + " )";
        }

        private String operand(int depth) throws DroppedException {
            if (next() != '(') {
                return number();
            }
            if (depth == MAX_DEPTH) {
                throw new DroppedException(NOT_ARITHMETIC);
            }
            position++;
            String inner = sum(depth + 1);
            if (next() != ')') {
                throw new DroppedException(NOT_ARITHMETIC);
            }
            position++;
            return inner;
        }

        private String number() throws DroppedException {
            int start = position;
            int digits = digits();
            if (position < text.length() && text.charAt(position) == '.') {
                position++;
                digits += digits();
            }
            if (digits == 0) {
                throw new DroppedException(NOT_ARITHMETIC);
            }
            BigDecimal number = new BigDecimal(text.substring(start, position)).stripTrailingZeros();
            return (number.scale() < 1 ? number.setScale(1) : number).toPlainString();
        }

        private int digits() {
            int start = position;
            while (position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9') {
                position++;
            }
            return position - start;
        }

        /** The next character that is not a blank, or 0 at the end; blanks before it are consumed. */
        private char next() {
            while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
                position++;
            }
            return position < text.length() ? text.charAt(position) : 0;
        }
    }
}
