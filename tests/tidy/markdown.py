"""A Markdown text as the rules need it: spans of code, blocks of code, rows of tables, links.

What      Page(text): spans (line, code), blocks (line, language, lines), rows (line, cells), links (line, target), headings.
Units     Lines count from 1.
Not here  what any of it means (documents.py).
"""
import re


class Page:
    def __init__(self, text):
        self.spans, self.blocks, self.rows, self.links, self.anchors = [], [], [], [], set()
        block = None
        for number, line in enumerate(text.split("\n"), 1):
            fence = re.match(r"\s*(```+|~~~+)\s*(.*)$", line)
            if fence and block is None:
                block = (number, fence[2].strip(), [])
            elif fence and not fence[2].strip():
                self.blocks.append(block)
                block = None
            elif block is not None:
                block[2].append(line)
            else:
                self._prose(number, line)
        if block is not None:
            self.blocks.append(block)

    def _prose(self, number, line):
        heading = re.match(r"#+\s+(.*)$", line)
        if heading:
            slug = re.sub(r"[^\w\- ]", "", heading[1].lower().replace("`", "")).strip().replace(" ", "-")
            self.anchors.add(slug)
        if line.lstrip().startswith("|"):
            self.rows.append((number, [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]))
        self.spans += [(number, match[2].strip()) for match in re.finditer(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", line)]
        prose = re.sub(r"(`+).+?\1", "", line)
        self.links += [(number, match[1]) for match in re.finditer(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)", prose)]

    def commands(self, program):
        """(line, words) of every call of `program`, in spans and in shell blocks; comments, pipes and redirections cut off."""
        said = [(number, span) for number, span in self.spans]
        for number, language, lines in self.blocks:
            if language.split(" ")[0] in ("", "sh", "bash", "shell", "console"):
                said += [(number + i, line) for i, line in enumerate(lines, 1)]
        for number, text in said:
            match = re.match(rf"\s*(?:[$#] )?(?:sudo )?(?:[\w./-]*/)?{program}((?:\s.*)?)$", text)
            if match:
                words = re.split(r"\s(?:[;&<>#]|\|\s|\|\|).*", match[1].replace("\\|", "|"))[0].split()
                yield number, [word.strip("[]…") for word in words if word.strip("[]…")]

    def code(self):
        """(line, text) of every span and every line of every block."""
        yield from self.spans
        for number, _, lines in self.blocks:
            yield from ((number + i, line) for i, line in enumerate(lines, 1))
