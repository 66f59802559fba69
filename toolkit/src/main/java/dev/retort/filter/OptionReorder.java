package dev.retort.filter;

import dev.retort.answer.AnswerText;
import dev.retort.answer.ChoiceAnswer;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@link Perturbation#OPTION_REORDER}. */
final class OptionReorder {

    private static final Perturbation KIND = Perturbation.OPTION_REORDER;

    /** A letter as an option's name; a bare a or i only where it cannot be a word. */
    private static final Pattern LETTER = Pattern.compile("\\(([A-Za-z])\\)"
            + "|\\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer)s?+\\s++(?:is\\s++)?+"
            + "(?:([B-HJ-Zb-hj-z])\\b|([AIai])(?=[.,;:?!\"')]|\\s*+$))");

    /** An option that means others by their place or letter: "all of the above", "both A and B". */
    private static final Pattern BY_PLACE =
            Pattern.compile("(?i:\\b(?:above|below|preceding|previous|former|latter)\\b)"
                    + "|\\([A-Za-z]\\)|\\b[A-Z]\\s++(?i:and|or|nor)\\s++[A-Z]\\b|\\b[A-Z]\\s*+&\\s*+[A-Z]\\b"
                    + "|(?i:\\b(?:both|either|neither)\\s++[a-z]\\s++(?:and|or|nor)\\s++[a-z]\\b)");

    /** A reference that names an option: its letter, perhaps marked, perhaps with its text behind. */
    private static final Pattern NAMED =
            Pattern.compile("\\s*+\\(?+([A-Za-z])(?:[).:]++(?:\\s++(\\S.*+))?+)?+\\s*+", Pattern.DOTALL);

    private OptionReorder() {}

    static Perturbed of(Question question, int count, long seed) {
        List<String> choices = Fields.texts(question, Fields.CHOICES);
        if (choices.isEmpty()) {
            return new Perturbed.NotApplied("no-choices");
        }
        if (choices.size() == 1 || choices.size() > OptionBlock.MOST) {
            return new Perturbed.NotApplied("not-2-to-26-choices");
        }
        Set<String> distinct = new HashSet<>();
        for (String choice : choices) {
            String plain = AnswerText.relaxed(choice);
            if (plain.isEmpty() || !distinct.add(plain)) {
                return new Perturbed.NotApplied("choices-not-distinct");
            }
            if (plain.length() == 1 && Character.isLetter(plain.charAt(0))) {
                return new Perturbed.NotApplied("choices-are-letters");
            }
            if (BY_PLACE.matcher(choice).find()) {
                return new Perturbed.NotApplied("choices-name-others");
            }
        }
        Optional<OptionBlock> found = OptionBlock.find(question.text(), choices);
        if (found.isEmpty()) {
            return new Perturbed.NotApplied("no-option-block");
        }
        OptionBlock block = found.get();
        if (namesSomeLetters(block.before() + "\n" + block.behind(), choices.size())) {
            return new Perturbed.NotApplied("letters-outside-options");
        }
        return new Perturbed.Variants(variants(question, choices, block, count, seed));
    }

    /** Whether options are named by their letter; all of them may be, as in "answer (a), (b) or (c)". */
    private static boolean namesSomeLetters(String text, int choices) {
        Set<Integer> named = new HashSet<>();
        Matcher matcher = LETTER.matcher(text);
        while (matcher.find()) {
            int letter = index(group(matcher));
            if (letter < choices) {
                named.add(letter);
            }
        }
        return !named.isEmpty() && named.size() < choices;
    }

    private static String group(Matcher matcher) {
        String letter = "";
        for (int i = 1; i <= matcher.groupCount(); i++) {
            letter = matcher.group(i) == null ? letter : matcher.group(i);
        }
        return letter;
    }

    private static int index(String letter) {
        return letter.toLowerCase(Locale.ROOT).charAt(0) - 'a';
    }

    private static List<Question> variants(
            Question question, List<String> choices, OptionBlock block, int count, long seed) {
        List<Question> variants = new ArrayList<>();
        Set<List<Integer>> used = new HashSet<>();
        int most = Math.min(count, derangements(choices.size()));
        for (int number = 1; number <= most; number++) {
            List<Integer> order = derangement(choices.size(), KIND.random(seed, question, number), used);
            List<String> reordered = order.stream().map(choices::get).toList();
            Map<String, String> map = new LinkedHashMap<>();
            for (int i = 0; i < order.size(); i++) {
                map.put(OptionBlock.letter(i), OptionBlock.letter(order.get(i)));
            }
            variants.add(KIND.variant(
                    question,
                    number,
                    Fields.withText(question, block.with(reordered)),
                    reference(question.reference(), choices, order),
                    map,
                    Fields.with(question, Fields.CHOICES, reordered)));
        }
        return variants;
    }

    /** Orders in which nothing keeps its place, so that a teacher who always picks one letter is found out; at most 100. */
    private static int derangements(int n) {
        int count = 0;
        for (int i = 2; i <= n && count < Perturbation.MOST_VARIANTS; i++) {
            count = i * count + (i % 2 == 0 ? 1 : -1);
        }
        return Math.min(count, Perturbation.MOST_VARIANTS);
    }

    /** The options by their new places, in an order that was not used before. */
    private static List<Integer> derangement(int n, SplittableRandom random, Set<List<Integer>> used) {
        while (true) {
            List<Integer> order = new ArrayList<>();
            boolean moved = true;
            for (int option : SeededRandom.permutation(n, random)) {
                moved &= option != order.size();
                order.add(option);
            }
            if (moved && used.add(order)) {
                return order;
            }
        }
    }

    /** The variant's right answer: a text stays, a letter goes with its option; null where the reference names no option. */
    private static String reference(String reference, List<String> choices, List<Integer> order) {
        if (reference == null) {
            return null;
        }
        String plain = AnswerText.relaxed(reference);
        if (choices.stream().anyMatch(choice -> plain.equals(AnswerText.relaxed(choice)))) {
            return reference;
        }
        Matcher named = NAMED.matcher(reference);
        if (!named.matches() || index(named.group(1)) >= choices.size()) {
            return null;
        }
        int option = index(named.group(1));
        String text = named.group(2);
        if (text != null && !AnswerText.relaxed(text).equals(AnswerText.relaxed(choices.get(option)))) {
            return null;
        }
        String letter = OptionBlock.letter(order.indexOf(option));
        boolean capital = Character.isUpperCase(named.group(1).charAt(0));
        return reference.substring(0, named.start(1))
                + (capital ? letter.toUpperCase(Locale.ROOT) : letter)
                + reference.substring(named.end(1));
    }

    /** A letter by the map, an answer that names its option otherwise as the option's text, others as they are. */
    static String originalAnswer(Question variant, Map<String, String> map, String answer) {
        String letter = map.get(bare(answer));
        if (letter != null) {
            return letter;
        }
        List<String> choices = Fields.texts(variant, Fields.CHOICES);
        OptionalInt option = choices.isEmpty() ? OptionalInt.empty() : ChoiceAnswer.index(answer, choices);
        return option.isPresent() ? choices.get(option.getAsInt()) : answer;
    }

    /** A short answer without case, brackets, stars, quotes and final marks: a letter or a verdict by itself. */
    static String bare(String answer) {
        String text = AnswerText.relaxed(answer);
        int start = 0;
        int end = text.length();
        while (start < end && "([{<*".indexOf(text.charAt(start)) >= 0) {
            start++;
        }
        while (start < end && ")]}>*.".indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        return text.substring(start, end).strip();
    }
}
