package dev.retort.filter;

import dev.retort.data.Question;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@link Perturbation#RESPONSE_ORDER_SWAP}. */
final class ResponseOrderSwap {

    private static final Perturbation KIND = Perturbation.RESPONSE_ORDER_SWAP;

    /** Every verdict, C being MT-bench's tie. */
    private static final Map<String, String> VERDICTS = verdicts();

    /** A response that occurs more often is not looked for further. */
    private static final int MOST_PLACES = 100;

    /** A stretch of the text. */
    private record Span(int start, int end) {}

    private ResponseOrderSwap() {}

    private static Map<String, String> verdicts() {
        Map<String, String> verdicts = new LinkedHashMap<>();
        verdicts.put("A", "B");
        verdicts.put("B", "A");
        verdicts.put("C", "C");
        verdicts.put("tie", "tie");
        return verdicts;
    }

    static Perturbed of(Question question) {
        List<String> responses = Fields.texts(question, Fields.RESPONSES);
        if (responses.size() != 2) {
            return new Perturbed.NotApplied("no-two-responses");
        }
        String first = responses.get(0).strip();
        String second = responses.get(1).strip();
        if (first.isEmpty() || second.isEmpty() || first.equals(second)) {
            return new Perturbed.NotApplied("responses-alike-or-empty");
        }
        String text = question.text();
        // The longer one first, since the other may occur within it.
        boolean firstIsLonger = first.length() >= second.length();
        Span longer = find(text, firstIsLonger ? first : second, null);
        Span shorter = longer == null ? null : find(text, firstIsLonger ? second : first, longer);
        if (shorter == null) {
            return new Perturbed.NotApplied("responses-not-once-in-text");
        }
        boolean longerComesFirst = longer.start() < shorter.start();
        Span before = longerComesFirst ? longer : shorter;
        Span behind = longerComesFirst ? shorter : longer;
        String swapped = text.substring(0, before.start())
                + text.substring(behind.start(), behind.end())
                + text.substring(before.end(), behind.start())
                + text.substring(before.start(), before.end())
                + text.substring(behind.end());
        List<String> reversed = List.of(responses.get(1), responses.get(0));
        return new Perturbed.Variants(List.of(KIND.variant(
                question,
                1,
                Fields.withText(question, swapped),
                reference(question.reference()),
                VERDICTS,
                Fields.with(question, Fields.RESPONSES, reversed))));
    }

    /**
     * The one place of a response outside another stretch: the only one that fills its lines, but for a label before it, else
     * the only one at all; null where there is no such place.
     */
    private static Span find(String text, String response, Span outside) {
        List<Span> all = new ArrayList<>();
        List<Span> whole = new ArrayList<>();
        for (int at = text.indexOf(response);
                at >= 0 && all.size() < MOST_PLACES;
                at = text.indexOf(response, at + 1)) {
            Span span = new Span(at, at + response.length());
            boolean apart = outside == null || span.end() <= outside.start() || span.start() >= outside.end();
            if (apart && !isPartOfWord(text, span)) {
                all.add(span);
                if (fillsLines(text, span)) {
                    whole.add(span);
                }
            }
        }
        if (whole.size() == 1) {
            return whole.get(0);
        }
        return all.size() == 1 ? all.get(0) : null;
    }

    private static boolean isPartOfWord(String text, Span span) {
        return joins(text, span.start()) || joins(text, span.end());
    }

    private static boolean joins(String text, int at) {
        return at > 0
                && at < text.length()
                && Character.isLetterOrDigit(text.charAt(at - 1))
                && Character.isLetterOrDigit(text.charAt(at));
    }

    private static boolean fillsLines(String text, Span span) {
        String line = text.substring(text.lastIndexOf('\n', span.start() - 1) + 1, span.start());
        int end = text.indexOf('\n', span.end());
        String rest = text.substring(span.end(), end < 0 ? text.length() : end);
        return rest.isBlank() && (line.isBlank() || line.strip().endsWith(":"));
    }

    /** The verdict of the swapped order, in the form it was given; null where the reference is no verdict. */
    private static String reference(String reference) {
        String bare = reference == null ? "" : OptionReorder.bare(reference);
        return switch (bare) {
            case "a" -> reference.replace('A', 'B').replace('a', 'b');
            case "b" -> reference.replace('B', 'A').replace('b', 'a');
            case "c", "tie" -> reference;
            default -> null;
        };
    }

    /** The verdict by the map, whatever its case and brackets; null where it is none. */
    static String originalAnswer(Map<String, String> map, String answer) {
        String bare = OptionReorder.bare(answer);
        for (Map.Entry<String, String> entry : map.entrySet()) {
            if (OptionReorder.bare(entry.getKey()).equals(bare)) {
                return entry.getValue();
            }
        }
        return null;
    }
}
