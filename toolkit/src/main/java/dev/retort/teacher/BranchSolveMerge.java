package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.retort.answer.AnswerCut;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.prompt.PromptTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Branch-Solve-Merge (Saha et al. 2023, arXiv 2310.15123) as a judge of two responses. Branch: the call "criteria" proposes
 * criteria for the instruction, without seeing the responses. Solve: for every criterion k the calls "score-k-ab" and
 * "score-k-ba" score both responses, in both orders. Merge: the response with the higher sum of scores wins and the text is
 * [[A]], [[B]] or [[C]] for a tie; or the call "merge" decides. The prompts, the number of criteria and the scale are ours,
 * for the paper's were not found.
 *
 * <p>A question carries the field "prompt", the request that was responded to, and the field "responses", A and B. Its last
 * user turn, what a judge without these steps would be asked, makes room for the prompts; earlier turns stay. There is no answer where fewer criteria than asked for, or a score outside the
 * scale, come back.
 */
public final class BranchSolveMerge extends System2Teacher {

    private static final PromptTemplate BRANCH = PromptTemplate.named("bsm-branch");
    private static final PromptTemplate SOLVE = PromptTemplate.named("bsm-solve");
    private static final PromptTemplate MERGE = PromptTemplate.named("bsm-merge");

    private static final int MOST_CRITERIA = 20;
    private static final int HIGHEST_SCALE = 100;

    private static final Pattern NUMBERED = Pattern.compile("[\\s*#]*+([0-9]{1,3})[.):][\\s*]*+(\\S.*+)");
    private static final Pattern INLINE = Pattern.compile("\\s(?=[0-9]{1,3}[.)]\\s)");
    private static final Pattern SCORE = Pattern.compile(
            "\\bresponse[ \\t]{1,3}([12])\\b[\\s*_\"'\\])]{0,5}+:[\\s*_\"'\\[(]{0,5}+([-+]?[0-9][0-9.,/]*+)",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]{1,3}");

    private final int criteria;
    private final int scale;
    private final boolean isMergedByModel;

    /** The scores of one reply. */
    private record Pair(int first, int second) {}

    /**
     * What a criterion came to.
     *
     * @param shownAFirst the scores of A and B with A first
     * @param shownBFirst the scores of B and A with B first
     */
    private record Scored(String criterion, Pair shownAFirst, Pair shownBFirst) {}

    private BranchSolveMerge(
            Teacher base,
            int criteria,
            int scale,
            boolean isMergedByModel,
            Integer intermediateTokens,
            List<PromptTemplate> prompts) {
        super(
                "bsm",
                base,
                AnswerCut.VERDICT,
                intermediateTokens,
                List.of(
                        Map.entry("criteria", Integer.toString(criteria)),
                        Map.entry("scale", Integer.toString(scale)),
                        Map.entry("merge", isMergedByModel ? "model" : "sum")),
                prompts);
        if (criteria < 1 || criteria > MOST_CRITERIA) {
            throw new IllegalArgumentException("bsm takes 1 to " + MOST_CRITERIA + " criteria, not " + criteria);
        }
        if (scale < 2 || scale > HIGHEST_SCALE) {
            throw new IllegalArgumentException(
                    "bsm takes scales that end in 2 to " + HIGHEST_SCALE + ", not in " + scale);
        }
        this.criteria = criteria;
        this.scale = scale;
        this.isMergedByModel = isMergedByModel;
    }

    /** Three criteria, scores from 1 to 5, merged by their sum: 7 calls a sample. */
    public static BranchSolveMerge of(Teacher base) {
        return new BranchSolveMerge(base, 3, 5, false, null, List.of(BRANCH, SOLVE));
    }

    /** With so many criteria, 1 to 20; a criterion costs two calls. */
    public BranchSolveMerge withCriteria(int count) {
        return new BranchSolveMerge(base(), count, scale, isMergedByModel, intermediateTokens(), prompts());
    }

    /** With scores from 1 to this number, 2 to 100. */
    public BranchSolveMerge withScale(int highest) {
        return new BranchSolveMerge(base(), criteria, highest, isMergedByModel, intermediateTokens(), prompts());
    }

    /** With a last call that is shown the scores and gives the verdict. */
    public BranchSolveMerge mergedByModel() {
        return new BranchSolveMerge(
                base(),
                criteria,
                scale,
                true,
                intermediateTokens(),
                List.of(prompts().get(0), prompts().get(1), MERGE));
    }

    @Override
    public BranchSolveMerge withIntermediateTokens(int tokens) {
        return new BranchSolveMerge(base(), criteria, scale, isMergedByModel, tokens, prompts());
    }

    @Override
    BranchSolveMerge withWordings(List<PromptTemplate> wordings) {
        return new BranchSolveMerge(base(), criteria, scale, isMergedByModel, intermediateTokens(), wordings);
    }

    @Override
    int calls() {
        return 1 + 2 * criteria + (isMergedByModel ? 1 : 0);
    }

    @Override
    TeacherSample answer(System2Calls calls) throws TeacherException, InterruptedException {
        Question question = calls.question();
        JsonNode prompt = question.extra().getOrDefault("prompt", MissingNode.getInstance());
        JsonNode responses = question.extra().getOrDefault("responses", MissingNode.getInstance());
        if (!prompt.isTextual()
                || responses.size() != 2
                || !responses.path(0).isTextual()
                || !responses.path(1).isTextual()) {
            throw new TeacherException("question " + question.id()
                    + " is no judgement of two responses: bsm needs the fields prompt, a text, and responses,"
                    + " two texts");
        }
        String instruction = prompt.textValue();
        String responseA = responses.get(0).textValue();
        String responseB = responses.get(1).textValue();
        Optional<String> branch = calls.think(
                "criteria",
                prompts().get(0).fill(Map.of("criteria", Integer.toString(criteria), "instruction", instruction)));
        List<String> proposed = criteria(branch.orElse(""));
        if (proposed.size() < criteria) {
            return calls.unanswered();
        }
        List<Scored> scores = new ArrayList<>();
        for (int k = 1; k <= criteria; k++) {
            String criterion = proposed.get(k - 1);
            Optional<Pair> shownAFirst =
                    solve(calls, "score-" + k + "-ab", instruction, criterion, responseA, responseB);
            if (shownAFirst.isEmpty()) {
                return calls.unanswered();
            }
            Optional<Pair> shownBFirst =
                    solve(calls, "score-" + k + "-ba", instruction, criterion, responseB, responseA);
            if (shownBFirst.isEmpty()) {
                return calls.unanswered();
            }
            scores.add(new Scored(criterion, shownAFirst.get(), shownBFirst.get()));
        }
        String text = isMergedByModel
                ? calls.last(
                        "merge",
                        prompts()
                                .get(2)
                                .fill(Map.of(
                                        "scale",
                                        Integer.toString(scale),
                                        "instruction",
                                        instruction,
                                        "scores",
                                        written(scores))))
                : sum(scores);
        return calls.sample(text);
    }

    /** The lines numbered 1, 2, ... in turn, without their numbers, others passed over; or the items of one line. */
    private List<String> criteria(String reply) {
        List<String> found = new ArrayList<>();
        List<String> lines = reply.strip().lines().toList();
        for (String line : lines.size() == 1 ? List.of(INLINE.split(lines.get(0))) : lines) {
            Matcher numbered = NUMBERED.matcher(line);
            if (found.size() < criteria
                    && numbered.matches()
                    && Integer.parseInt(numbered.group(1)) == found.size() + 1) {
                found.add(numbered.group(2).strip());
            }
        }
        return found;
    }

    private Optional<Pair> solve(
            System2Calls calls, String stage, String instruction, String criterion, String first, String second)
            throws TeacherException, InterruptedException {
        Optional<String> reply = calls.think(
                stage,
                prompts()
                        .get(1)
                        .fill(Map.of(
                                "instruction",
                                instruction,
                                "criterion",
                                criterion,
                                "first",
                                first,
                                "second",
                                second,
                                "scale",
                                Integer.toString(scale))));
        return reply.flatMap(this::scores);
    }

    /** The last score of each response; empty where one is missing, not whole or outside the scale. */
    private Optional<Pair> scores(String reply) {
        int[] scores = new int[2];
        Matcher matcher = SCORE.matcher(reply);
        while (matcher.find()) {
            scores[Integer.parseInt(matcher.group(1)) - 1] = score(matcher.group(2));
        }
        return scores[0] > 0 && scores[1] > 0 ? Optional.of(new Pair(scores[0], scores[1])) : Optional.empty();
    }

    /** 0 where the text is no score. */
    private int score(String text) {
        int end = text.length();
        while (end > 0 && ".,/".indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        String number = text.substring(0, end);
        String outOf = "/" + scale;
        if (number.endsWith(outOf)) {
            number = number.substring(0, number.length() - outOf.length());
        }
        if (!WHOLE_NUMBER.matcher(number).matches() || Integer.parseInt(number) > scale) {
            return 0;
        }
        return Integer.parseInt(number);
    }

    private static String sum(List<Scored> scores) {
        int forA = 0;
        int forB = 0;
        for (Scored scored : scores) {
            forA += scored.shownAFirst().first() + scored.shownBFirst().second();
            forB += scored.shownAFirst().second() + scored.shownBFirst().first();
        }
        return forA > forB ? "[[A]]" : forB > forA ? "[[B]]" : "[[C]]";
    }

    private static String written(List<Scored> scores) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < scores.size(); i++) {
            Scored scored = scores.get(i);
            lines.add(String.format(
                    Locale.ROOT,
                    "%d. %s\n   A shown first: A %d, B %d. B shown first: A %d, B %d.",
                    i + 1,
                    scored.criterion(),
                    scored.shownAFirst().first(),
                    scored.shownAFirst().second(),
                    scored.shownBFirst().second(),
                    scored.shownBFirst().first()));
        }
        return String.join("\n", lines);
    }
}
